"""Only for the compiled kernel: it is optional, and where no compiler is found the readable kernel runs instead."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "securebase.model.kernel._compiled",
            ["src/securebase/model/kernel/_compiled.c"],
            extra_compile_args=["-O2", "-std=c11"],
            optional=True,
        )
    ]
)
