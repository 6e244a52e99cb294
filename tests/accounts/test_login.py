"""Who leaves a field empty at the login reads which, in Chinese."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"username": "", "password": ""}, ["请填写用户名", "请填写密码"]),
        ({"username": "shi", "password": ""}, ["请填写密码"]),
        ({"username": "shi", "password": "Chongming-2026"}, ["用户名和密码对不上"]),
    ],
)
def test_what_is_missing_or_wrong_is_said(client, sent, said):
    page = client.post(reverse("accounts:login"), sent).content.decode()
    assert all(sentence in page for sentence in said)
    assert page.count('class="problem"') == len(said)
