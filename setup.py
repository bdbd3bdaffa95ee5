"""Only for the compiled kernel: it is optional, and where no compiler is found the readable kernel runs instead."""

from setuptools import Extension, setup

KERNEL = "src/securebase/model/kernel/"
HEADERS = [KERNEL + name for name in ("_together.h", "_gaps.h", "_lanes.h", "_forget.h")]
# Python's own flags ask for debugging information, which nobody reads and which takes a quarter of the time.
COMPILE = ["-O3", "-g0", "-std=gnu11", "-Wno-psabi", "-Wno-maybe-uninitialized"]

setup(
    ext_modules=[
        Extension(
            "securebase.model.kernel._compiled",
            [KERNEL + "_compiled.c"],
            depends=HEADERS,
            extra_compile_args=COMPILE,
            optional=True,
        ),
        Extension(
            "securebase.model.kernel._tables",
            [KERNEL + "_tables.c"],
            depends=HEADERS,
            extra_compile_args=COMPILE,
            optional=True,
        ),
    ]
)
