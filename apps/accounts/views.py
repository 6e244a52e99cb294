"""Signing in and out, and what people set for themselves (登录、岗位、字号)."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from apps.accounts import services
from apps.accounts.forms import LoginForm
from apps.accounts.models import TextSize
from apps.organizations.models import Area, AreaLevel

YEAR = 365 * 24 * 3600


class Login(LoginView):
    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """A part of a page whose session has ended loads the whole page anew, which then leads here (登录过期)."""
        if request.htmx:
            return HttpResponseClientRefresh()
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        district = Area.objects.filter(level=AreaLevel.DISTRICT).first()
        return super().get_context_data(**kwargs) | {"district": district}


class Logout(LogoutView):
    next_page = "accounts:login"


@login_required
@require_POST
def switch_posting(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("posting", "")
    posting = next((each for each in request.user.postings.all() if str(each.pk) == chosen), None)
    if posting is None:
        raise Http404
    services.switch_posting(posting=posting, by=request.user)
    request.session.cycle_key()
    return redirect("portal:workbench")


@login_required
@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    size = request.POST.get("size", "")
    if size in TextSize.values:
        services.set_text_size(size=size, by=request.user)
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(back if safe else reverse("portal:workbench"))
    if size in TextSize.values:
        answer.set_cookie(
            services.TEXT_SIZE_COOKIE, size, max_age=YEAR, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return answer
