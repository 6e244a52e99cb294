"""Signing in and out (登录与退出)."""

from django.contrib.auth.views import LoginView, LogoutView

from apps.accounts.forms import LoginForm


class Login(LoginView):
    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True


class Logout(LogoutView):
    next_page = "accounts:login"
