from django.urls import path

from apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("posting/", views.switch_posting, name="switch_posting"),
    path("text-size/", views.text_size, name="text_size"),
]
