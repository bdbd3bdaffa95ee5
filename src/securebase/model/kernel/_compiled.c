/* The compiled kernel: the filter and adjoint of readable.py (equations there, same symbols), with several persons side
   by side in one vector. The passes themselves are in _together.h.

   Persons are sorted by number of rows, so neighbours end together; a person without further rows, or a missing score,
   has weight 0. One tape per group is kept for the reverse pass. p constructs, q columns of scores, d constants of the
   person (0, p levels, or p levels and p random slopes), D = 1 + d columns. C is p x D, P p x p, M D x D, row-major.
   increment: of the state by inputs; basis: f of the random slopes (input_increment, slope_basis in readable.py). */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FOR(i, n) for (int i = 0; i < (n); i++)
static const double LOG_2_PI = 1.8378770664093454836;

typedef struct {
    int gradient, q, shifted; /* shifted: arrays by person are given (shift, spread, shift_score, shift_information) */
    int64_t persons, rows, gaps;
    const int64_t *starts, *order, *gap_index, *construct;
    const double *residual, *increment, *basis, *Phi, *Q, *start_mean, *start_covariance, *loading, *noise, *root, *weights,
        *shift, *spread;
    double *log_likelihood, *residual_bar, *increment_bar, *basis_bar, *Phi_bar, *Q_bar, *start_mean_bar,
        *start_covariance_bar, *loading_bar, *noise_bar, *level_bar, *shift_score,
        *shift_information;
} Problem;

/* Doubles on the tape for one row: q scores of (e, K, f, weight), Phi, T1, C. */
#define ROW_TAPE(p, d, q) ((q) * ((1 + (d)) + (p) + 2) + 2 * (p) * (p) + (p) * (1 + (d)))

typedef void Together(int, int, int, const Problem *, const int64_t *, int, void *);
typedef struct { int p, d, plain; Together *form; } Form;

#if defined(__GNUC__) && defined(__x86_64__)
#define LANES 2
#define ON oldest
#include "_together.h"
#define UNROLLED
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define LANES 4
#define ON newer
#include "_together.h"
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f")
#define LANES 8
#define ON newest
#include "_together.h"
#pragma GCC pop_options
static const Form *forms = forms_oldest;
static int lanes = 2;
static void choose(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) { forms = forms_newer; lanes = 4; }
    if (__builtin_cpu_supports("avx512f")) { forms = forms_newest; lanes = 8; }
}
#else
#define UNROLLED
#if defined(__GNUC__)
#define LANES 2
static const int lanes = 2;
#else
#define LANES 1
static const int lanes = 1;
#endif
#define ON only
#include "_together.h"
static const Form *forms = forms_only;
static void choose(void) {}
#endif

static int walk(int p, int d, int plain, const Problem *a) {
    int64_t longest = 0;
    if (a->persons > 0) longest = a->starts[a->order[0] + 1] - a->starts[a->order[0]];
    const size_t size = ((size_t)longest + 1) * (size_t)ROW_TAPE(p, d, a->q) * (size_t)lanes * sizeof(double);
    char *memory = malloc(size + 64);
    if (!memory) return 0;
    void *tape = memory + 64 - (uintptr_t)memory % 64;
    const Form *form = forms;
    while (form->p && !(form->p == p && form->d == d && form->plain == plain)) form++;
    for (int64_t i = 0; i < a->persons; i += lanes) {
        const int n = (int)(a->persons - i < lanes ? a->persons - i : lanes);
        form->form(p, d, plain, a, a->order + i, n, tape);
    }
    free(memory);
    return 1;
}

#define ARRAYS 30
static PyObject *evaluate(PyObject *self, PyObject *args) {
    (void)self;
    int p, d, gradient, done = -1;
    PyObject *list;
    if (!PyArg_ParseTuple(args, "iiiO!", &p, &d, &gradient, &PyTuple_Type, &list)) return NULL;
    if (PyTuple_GET_SIZE(list) != ARRAYS) return PyErr_Format(PyExc_ValueError, "there must be %d arrays", ARRAYS);
    Py_buffer v[ARRAYS];
    int held = 0;
    for (; held < ARRAYS; held++)
        if (PyObject_GetBuffer(PyTuple_GET_ITEM(list, held), v + held, held < 17 ? PyBUF_SIMPLE : PyBUF_WRITABLE)) break;
    if (held < ARRAYS) {
        FOR(i, held) PyBuffer_Release(&v[i]);
        return NULL;
    }
    const int64_t N = v[0].len / 8 - 1, M = v[1].len / 8, rows = v[2].len / 8, q = v[3].len / 8, pp = (int64_t)p * p,
        gaps = p > 0 ? v[7].len / (8 * pp) : 0, dd = (int64_t)d * d, has_inputs = v[5].len > 0, shifted = v[28].len > 0,
        has_slopes = d > p || v[6].len > 0;
    const int64_t want[ARRAYS] = {
        N + 1, M, rows, q, rows * q, has_inputs ? rows * p : 0, has_slopes ? rows : 0, gaps * pp, gaps * pp, p, pp, q, q, dd, 3 * N,
        shifted ? N * d : 0, shifted ? N * dd : 0,
        N, rows * q, has_inputs ? rows * p : 0, has_slopes ? rows : 0, gaps * pp, gaps * pp, p, pp, q, q, dd,
        shifted ? N * d : 0, shifted ? N * dd : 0};
    const int64_t *starts = v[0].buf, *order = v[1].buf, *gap_index = v[2].buf, *construct = v[3].buf;
    const double *loading = v[11].buf;
    int sound = p >= 1 && p <= 64 && (has_slopes ? d > 0 && d % 2 == 0 && d <= 2 * p : d == 0 || d == p) && q >= 1 && q <= 512 && N >= 0 && M <= N, plain = q == p;
    FOR(i, ARRAYS) sound = sound && v[i].len == 8 * want[i];
    for (int64_t i = 0; sound && i < N; i++) sound = starts[i] >= 0 && starts[i] <= starts[i + 1] && starts[i + 1] <= rows;
    for (int64_t i = 0; sound && i < M; i++)
        sound = order[i] >= 0 && order[i] < N
                && (i == 0 || starts[order[i] + 1] - starts[order[i]] <= starts[order[0] + 1] - starts[order[0]]);
    for (int64_t i = 0; sound && i < q; i++) {
        sound = construct[i] >= 0 && construct[i] < (has_slopes ? d / 2 : p);
        plain = plain && construct[i] == i && loading[i] == 1;
    }
    plain = plain && (d > p || !has_slopes); /* the plain form knows from p and d whether there are slopes */
    for (int64_t i = 0; sound && i < rows; i++) sound = gap_index[i] >= -1 && gap_index[i] < gaps;
    for (int64_t i = 0; sound && i < N; i++)
        for (int64_t j = starts[i] + 1; sound && j < starts[i + 1]; j++) sound = gap_index[j] >= 0;
    if (sound) {
        const Problem a = {gradient, (int)q, (int)shifted, M, rows, gaps, starts, order, gap_index, construct, v[4].buf,
                           has_inputs ? v[5].buf : NULL, has_slopes ? v[6].buf : NULL, v[7].buf, v[8].buf, v[9].buf, v[10].buf, loading,
                           v[12].buf, v[13].buf, v[14].buf, v[15].buf, v[16].buf, v[17].buf, v[18].buf, v[19].buf,
                           v[20].buf, v[21].buf, v[22].buf, v[23].buf, v[24].buf, v[25].buf, v[26].buf, v[27].buf,
                           v[28].buf, v[29].buf};
        Py_BEGIN_ALLOW_THREADS
        done = walk(p, d, plain, &a);
        Py_END_ALLOW_THREADS
    }
    FOR(i, ARRAYS) PyBuffer_Release(&v[i]);
    if (done < 0) return PyErr_Format(PyExc_ValueError, "the arrays do not fit together");
    if (!done) return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"evaluate", evaluate, METH_VARARGS, "See compiled.py."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_compiled", "The compiled kernel.", -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__compiled(void) { choose(); return PyModule_Create(&module); }
