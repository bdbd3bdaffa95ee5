/* Tables over gaps, and their reverse, for a drift given by its eigenvectors; see tables.py, which has the same in NumPy.

   p real functions of the gap u, each times a matrix, give Phi_u; Q_u = P - Phi_u P Phi_u'. All matrices are p x p, row by row. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>

#define FOR(i, n) for (int i = 0; i < (n); i++)
#define LARGEST 64
#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define EVERY_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define EVERY_PROCESSOR
#endif

typedef struct {
    int64_t gaps;
    const double *gap, *re, *im, *parts, *P;
    double *Phi, *Q, *Phi_bar, *Q_bar, *P_bar, *sums;
} Problem;

/* The p functions of one gap: exp(re u) of a real eigenvalue; of a pair exp(re u) cos(im u), then -exp(re u) sin(im u). */
INLINE void powers(const int p, const Problem *a, double u, double *e) {
    for (int k = 0; k < p; k++) {
        const double size = exp(a->re[k] * u), turn = a->im[k] * u;
        e[k] = size;
        if (a->im[k] != 0 && k + 1 < p) { e[k] = size * cos(turn); e[++k] = -size * sin(turn); }
    }
}

INLINE void forward(const int p, const Problem *a) {
    double e[p], T[p * p];
    for (int64_t g = 0; g < a->gaps; g++) {
        double *Phi = a->Phi + g * p * p, *Q = a->Q + g * p * p;
        powers(p, a, a->gap[g], e);
        FOR(i, p * p) Phi[i] = 0;
        FOR(k, p) FOR(i, p * p) Phi[i] += e[k] * a->parts[k * p * p + i];
        FOR(i, p * p) T[i] = 0;
        FOR(i, p) FOR(m, p) FOR(k, p) T[i * p + k] += Phi[i * p + m] * a->P[m * p + k];
        FOR(i, p) FOR(k, i + 1) {
            double s = 0;
            FOR(m, p) s += T[i * p + m] * Phi[k * p + m];
            Q[i * p + k] = a->P[i * p + k] - s;
            Q[k * p + i] = a->P[k * p + i] - s;
        }
    }
}

/* Phi_bar <- Phi_bar - 2 Q_bar Phi P; P_bar += Q_bar - Phi' Q_bar Phi; sums: over gaps of e_k Phi_bar, then u e_k Phi_bar */
INLINE void backward(const int p, const Problem *a) {
    double e[p], T[p * p];
    for (int64_t g = 0; g < a->gaps; g++) {
        const double *Phi = a->Phi + g * p * p, *Q_bar = a->Q_bar + g * p * p, u = a->gap[g];
        double *Phi_bar = a->Phi_bar + g * p * p;
        powers(p, a, u, e);
        FOR(i, p * p) T[i] = 0;
        FOR(i, p) FOR(m, p) FOR(k, p) T[i * p + k] += Q_bar[i * p + m] * Phi[m * p + k];
        FOR(i, p * p) a->P_bar[i] += Q_bar[i];
        FOR(m, p) FOR(i, p) FOR(k, p) a->P_bar[i * p + k] -= Phi[m * p + i] * T[m * p + k];
        FOR(i, p) FOR(m, p) FOR(k, p) Phi_bar[i * p + k] -= 2 * T[i * p + m] * a->P[m * p + k];
        FOR(k, p) {
            double *once = a->sums + k * p * p, *by_gap = a->sums + (p + k) * p * p;
            FOR(i, p * p) once[i] += e[k] * Phi_bar[i];
            FOR(i, p * p) by_gap[i] += u * e[k] * Phi_bar[i];
        }
    }
}

EVERY_PROCESSOR static void forward_of(int p, const Problem *a) {
    switch (p) {
    case 1: forward(1, a); break;
    case 2: forward(2, a); break;
    case 3: forward(3, a); break;
    case 6: forward(6, a); break;
    default: forward(p, a);
    }
}

EVERY_PROCESSOR static void backward_of(int p, const Problem *a) {
    switch (p) {
    case 1: backward(1, a); break;
    case 2: backward(2, a); break;
    case 3: backward(3, a); break;
    case 6: backward(6, a); break;
    default: backward(p, a);
    }
}

/* (p, gap, re, im, parts, P, Phi, Q[, Phi_bar, Q_bar, P_bar, sums]) */
static PyObject *run(PyObject *args, int reverse) {
    int p, sound;
    Py_buffer v[11] = {{0}};
    const int n = reverse ? 11 : 7;
    const int read = reverse
        ? PyArg_ParseTuple(args, "iy*y*y*y*y*y*y*w*y*w*w*", &p, v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7, v + 8,
                           v + 9, v + 10)
        : PyArg_ParseTuple(args, "iy*y*y*y*y*w*w*", &p, v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6);
    if (!read) return NULL;
    const int64_t gaps = v[0].len / 8, pp = (int64_t)p * p;
    const int64_t want[11] = {gaps, p, p, p * pp, pp, gaps * pp, gaps * pp, gaps * pp, gaps * pp, pp,
                              2 * p * pp};
    sound = p >= 1 && p <= LARGEST;
    FOR(i, n) sound = sound && v[i].len == 8 * want[i];
    if (sound) {
        const Problem a = {gaps, v[0].buf, v[1].buf, v[2].buf, v[3].buf, v[4].buf, v[5].buf, v[6].buf,
                           v[7].buf, v[8].buf, v[9].buf, v[10].buf};
        Py_BEGIN_ALLOW_THREADS
        if (reverse) backward_of(p, &a); else forward_of(p, &a);
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
PyMODINIT_FUNC PyInit__tables(void) { return PyModule_Create(&module); }
