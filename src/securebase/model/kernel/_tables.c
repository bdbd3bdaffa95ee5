/* Tables over gaps, and their adjoint, for a drift given by its eigenvectors; tables.py has the same in NumPy.

   p real functions of the gap u, each times a matrix, give Phi_u; Q_u = P - Phi_u P Phi_u'. All matrices are p x p, row-major. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>

#define FOR(i, n) for (int i = 0; i < (n); i++)
#define LARGEST 64
typedef struct {
    int64_t gaps;
    const double *gap, *re, *im, *parts, *P;
    double *powers, *Phi, *Q, *Phi_bar, *Q_bar, *P_bar, *sums;
} Problem;

#if defined(__GNUC__) && defined(__x86_64__)
#define LANES 2
#define ON oldest
#include "_gaps.h"
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define LANES 4
#define ON newer
#include "_gaps.h"
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f")
#define LANES 8
#define ON newest
#include "_gaps.h"
#pragma GCC pop_options
static void (*make_tables)(int, const Problem *) = forward_of_oldest, (*reverse_tables)(int, const Problem *) = backward_of_oldest;
static void choose(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        make_tables = forward_of_newer;
        reverse_tables = backward_of_newer;
    }
    if (__builtin_cpu_supports("avx512f")) {
        make_tables = forward_of_newest;
        reverse_tables = backward_of_newest;
    }
}
#else
#if defined(__GNUC__)
#define LANES 2
#else
#define LANES 1
#endif
#define ON only
#include "_gaps.h"
static void (*make_tables)(int, const Problem *) = forward_of_only, (*reverse_tables)(int, const Problem *) = backward_of_only;
static void choose(void) {}
#endif

/* (p, gap, re, im, parts, P, powers, Phi, Q[, Phi_bar, Q_bar, P_bar, sums]) */
static PyObject *run(PyObject *args, int reverse) {
    int p, sound;
    Py_buffer v[12] = {{0}};
    const int n = reverse ? 12 : 8;
    const int read = reverse
        ? PyArg_ParseTuple(args, "iy*y*y*y*y*y*y*y*w*y*w*w*", &p, v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7,
                           v + 8, v + 9, v + 10, v + 11)
        : PyArg_ParseTuple(args, "iy*y*y*y*y*w*w*w*", &p, v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7);
    if (!read) return NULL;
    const int64_t gaps = v[0].len / 8, pp = (int64_t)p * p;
    const int64_t want[12] = {gaps, p, p, p * pp, pp, gaps * p, gaps * pp, gaps * pp, gaps * pp, gaps * pp, pp, 2 * p * pp};
    sound = p >= 1 && p <= LARGEST;
    FOR(i, n) sound = sound && v[i].len == 8 * want[i];
    if (sound) {
        const Problem a = {gaps, v[0].buf, v[1].buf, v[2].buf, v[3].buf, v[4].buf, v[5].buf, v[6].buf, v[7].buf,
                           v[8].buf, v[9].buf, v[10].buf, v[11].buf};
        Py_BEGIN_ALLOW_THREADS
        (reverse ? reverse_tables : make_tables)(p, &a);
        Py_END_ALLOW_THREADS
    }
    FOR(i, n) PyBuffer_Release(&v[i]);
    if (!sound) return PyErr_Format(PyExc_ValueError, "the arrays do not fit together");
    Py_RETURN_NONE;
}

static PyObject *make(PyObject *self, PyObject *args) { (void)self; return run(args, 0); }
static PyObject *reverse(PyObject *self, PyObject *args) { (void)self; return run(args, 1); }

static PyMethodDef methods[] = {{"make", make, METH_VARARGS, "See tables.py."},
                                {"reverse", reverse, METH_VARARGS, "See tables.py."},
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_tables", "Tables over gaps.", -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__tables(void) { choose(); return PyModule_Create(&module); }
