"""Only for the compiled kernel: it is optional, and where no compiler is found the readable kernel runs instead."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "securebase.model.kernel._compiled",
            ["src/securebase/model/kernel/_compiled.c"],
            depends=["src/securebase/model/kernel/_together.h"],
            extra_compile_args=["-O3", "-std=gnu11", "-Wno-psabi"],
            optional=True,
        ),
        Extension(
            "securebase.model.kernel._tables",
            ["src/securebase/model/kernel/_tables.c"],
            extra_compile_args=["-O3", "-std=gnu11"],
            optional=True,
        ),
    ]
)
