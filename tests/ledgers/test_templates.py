"""A department's file becomes a template with its fields, or a sentence beside the file; never half of one."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.accounts.roles import Role
from apps.core.errors import NotAllowed
from apps.ledgers.models import FormField, FormTemplate, TemplateFile
from apps.ledgers.services import templates
from apps.ledgers.uploads import BoundedUpload
from apps.ledgers.workbooks import MOST_BYTES, HeadingCell, TemplateLayout, WorkbookRefused, build_template
from tests.factories import DepartmentFactory, PostingFactory

pytestmark = pytest.mark.django_db
GOOD = build_template(
    "残疾人名册", [HeadingCell("*姓名", "基本信息"), HeadingCell("性别（男/女）", "基本信息"), HeadingCell("残疾等级")]
)


@pytest.fixture
def clerk():
    return PostingFactory(role=Role.DEPARTMENT_CLERK, area=None, department=DepartmentFactory()).user


@pytest.fixture
def page(client, clerk):
    client.force_login(clerk)
    return client


def _post(client, content, name="名册.xlsx", **more):
    return client.post(reverse("ledgers:templates"), {"file": SimpleUploadedFile(name, content), **more})


def _nothing_is_kept():
    return not (TemplateFile.objects.exists() or FormTemplate.objects.exists() or FormField.objects.exists())


def test_the_fields_are_kept_in_their_order_with_groups_and_options(clerk):
    template = templates.upload_template(content=GOOD, filename="a.xlsx", by=clerk)
    assert (template.title, template.department_id) == ("残疾人名册", clerk.department_code)
    assert list(template.fields.values_list("position", "group", "name", "is_required")) == [
        (0, "基本信息", "姓名", True),
        (1, "基本信息", "性别（男/女）", False),
        (2, "", "残疾等级", False),
    ]
    assert template.fields.get(position=1).options == ["男", "女"]
    assert bytes(template.file.content) == GOOD
    assert TemplateLayout.from_json(template.layout).sheet_name == "填报表"


def test_a_file_that_cannot_be_read_leaves_nothing(clerk):
    with pytest.raises(WorkbookRefused):
        templates.upload_template(content=GOOD[:900], filename="a.xlsx", by=clerk)
    assert _nothing_is_kept()


def test_only_a_departments_clerk_uploads():
    cadre = PostingFactory().user
    with pytest.raises(NotAllowed, match="只有部门填报管理员"):
        templates.upload_template(content=GOOD, filename="a.xlsx", by=cadre)
    assert _nothing_is_kept()


def test_the_page_leads_on_to_what_the_workbook_cannot_say(page):
    answer = _post(page, GOOD)
    assert answer.status_code == 302
    assert answer["Location"] == FormTemplate.objects.get().get_absolute_url()


def test_an_untitled_form_is_named_after_its_file(page):
    book = openpyxl.Workbook()
    book.active.append(["姓名", "电话", "住址"])
    out = io.BytesIO()
    book.save(out)
    _post(page, out.getvalue(), "独居老人名单.xlsx")
    assert FormTemplate.objects.get().title == "独居老人名单"


REFUSED = {
    "nothing chosen": (None, "请选择要上传的 Excel 文件"),
    "empty": (b"", "这个文件是空的"),
    "old": (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "旧版的 .xls"),
    "truncated": (GOOD[:900], "不完整或已损坏"),
    "too big": (b"PK" + bytes(MOST_BYTES), "超过 10 MB 的上限"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_sentence_stands_beside_the_field_and_the_form_stays_usable(page, name):
    content, sentence = REFUSED[name]
    answer = page.post(reverse("ledgers:templates"), {}) if content is None else _post(page, content)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count(sentence) == 1
    assert text.index('id="id_file"') < text.index(sentence) < text.index(">上传模板</button>")
    assert _nothing_is_kept()
    assert _post(page, GOOD).status_code == 302


def test_of_a_huge_upload_no_more_than_the_limit_is_held(page):
    size = MOST_BYTES + 60 * 1024 * 1024
    answer = _post(page, b"PK" + bytes(size - 2))
    assert f"文件有 {size // 1024**2} MB" in answer.content.decode()


def test_what_goes_beyond_the_limit_is_not_kept_while_it_arrives(rf):
    handler = BoundedUpload(rf.post("/"), most=10)
    handler.new_file("file", "a.xlsx", "", None)
    for start in range(0, 60, 6):
        assert handler.receive_data_chunk(b"x" * 6, start) is None
    assert handler.kept.getbuffer().nbytes == 10
    assert handler.file_complete(60).size == 60


def test_a_second_file_in_the_request_is_not_kept(page):
    answer = _post(page, b"x", more=SimpleUploadedFile("b.xlsx", GOOD))
    assert list(answer.wsgi_request.FILES) == ["file"]


def test_a_name_from_elsewhere_does_no_harm(page):
    assert _post(page, GOOD, f"..\\..\\{'长' * 250}\u202e.xlsx").status_code == 302
    assert len(TemplateFile.objects.get().name) <= 200


def test_the_form_is_refused_without_its_token(clerk):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)
    assert _post(strict, GOOD).status_code == 403
    token = strict.get(reverse("ledgers:templates")).context["csrf_token"]
    assert _post(strict, GOOD, csrfmiddlewaretoken=str(token)).status_code == 302


@pytest.mark.parametrize("role", [Role.VILLAGE_CADRE, Role.GRID_LEADER])
def test_others_are_refused_before_their_file_is_read(client, role):
    client.force_login(PostingFactory(role=role).user)
    answer = _post(client, GOOD)
    assert answer.status_code == 403
    assert _nothing_is_kept()


def test_a_department_does_not_see_anothers_templates(client, page):
    _post(page, GOOD)
    other = PostingFactory(role=Role.DEPARTMENT_CLERK, area=None, department=DepartmentFactory(code="health")).user
    client.force_login(other)
    assert "残疾人名册" not in client.get(reverse("ledgers:templates")).content.decode()
    assert client.get(FormTemplate.objects.get().get_absolute_url()).status_code == 404
