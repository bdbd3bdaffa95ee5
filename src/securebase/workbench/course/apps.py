from django.apps import AppConfig


class CourseConfig(AppConfig):
    name = "securebase.workbench.course"
    label = "course"
    verbose_name = "The course"
