from getpass import getpass

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.roles import Role
from apps.accounts.services import add_account
from apps.core.errors import DomainError


class Command(BaseCommand):
    help = "建立一个账号及其岗位；口令从键盘输入，或用 --password-stdin 从标准输入读一行"

    def add_arguments(self, parser: CommandParser) -> None:
        roles = "、".join(f"{role.value}（{role.label}）" for role in Role)
        parser.add_argument("username", help="用户名")
        parser.add_argument("name", help="姓名")
        parser.add_argument("role", choices=Role.values, metavar="ROLE", help=roles)
        parser.add_argument("place", help="区划代码（村居 12 位、街镇 9 位、微网格 15 位）或部门代码")
        parser.add_argument("--password-stdin", action="store_true", help="口令从标准输入读")

    def handle(self, *args: object, **options: str) -> None:
        try:
            posting = add_account(
                username=options["username"],
                name=options["name"],
                role=Role(options["role"]),
                place=options["place"],
                password=input() if options["password_stdin"] else getpass("口令（至少 10 位）："),
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"已建立：{posting.user.username}，{posting}")
