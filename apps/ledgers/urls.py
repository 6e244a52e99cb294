from django.urls import path

from apps.ledgers import views

app_name = "ledgers"
urlpatterns = [path("sheets/<int:pk>/", views.sheet, name="sheet")]
