from django.core.management.base import BaseCommand

from apps.catalog.services import load_code_sets, load_elements
from apps.organizations.services import load_areas, load_departments


class Command(BaseCommand):
    help = "装入区划、部门、代码集、数据元（正式运行的底数，不含演示账号和居民）；重复运行只补齐，不改动已有的数据元"

    def handle(self, *args: object, **options: object) -> None:
        loaded = (load_areas(), load_departments(), load_code_sets(), load_elements())
        self.stdout.write("区域 {} 个，部门 {} 个，代码 {} 项，数据元 {} 个".format(*loaded))
