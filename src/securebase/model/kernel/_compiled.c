/* The compiled kernel: the readable kernel (readable.py, same symbols) with eight persons side by side in one vector.

   Persons come sorted by their number of rows, so that neighbours end together; a person that has ended, or a score
   that is missing, takes part with weight 0. One tape per group of eight is kept for the reverse pass.
   p constructs, one score each; D = 1 + p columns. C is p x D, P is p x p, M is D x D, all row by row. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
#define LANES 8
typedef double lane __attribute__((vector_size(LANES * sizeof(double)), aligned(64)));
#define INLINE static inline __attribute__((always_inline))
#define AT(x, l) (x)[l]
#else /* a compiler without vector types: one person at a time */
#define LANES 1
typedef double lane;
#define INLINE static inline
#define AT(x, l) (*(&(x) + (l)))
#endif

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define EVERY_PROCESSOR __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define EVERY_PROCESSOR
#endif

#define FOR(i, n) for (int i = 0; i < (n); i++)
static const double LOG_2_PI = 1.8378770664093454836;

typedef struct {
    int gradient;
    int64_t persons, rows, gaps;
    const int64_t *starts, *order, *gap_index;
    const double *residual, *Phi, *Q, *start_mean, *start_covariance, *noise, *root;
    double *log_likelihood, *residual_bar, *Phi_bar, *Q_bar, *start_mean_bar, *start_covariance_bar, *noise_bar,
        *level_bar;
} Problem;

INLINE lane all(double x) { lane v; FOR(l, LANES) AT(v, l) = x; return v; }
INLINE double sum(lane v) { double s = 0; FOR(l, LANES) s += AT(v, l); return s; }

/* Eight persons: group[0..count). The size of the tape for one row: p scores of (e, K, f, weight), Phi, T1, C. */
#define ROW_TAPE(p) ((p) * ((1 + (p)) + (p) + 2) + 2 * (p) * (p) + (p) * (1 + (p)))

INLINE void eight(const int p, const Problem *a, const int64_t *group, int count, lane *tape) {
    const int D = 1 + p;
    const int row_tape = ROW_TAPE(p);
    lane C[p * D], P[p * p], M[D * D], log_f = all(0), product = all(1);
    int64_t first[LANES], n_rows[LANES], longest = 0;
    FOR(l, LANES) {
        first[l] = l < count ? a->starts[group[l]] : 0;
        n_rows[l] = l < count ? a->starts[group[l] + 1] - first[l] : 0;
        if (n_rows[l] > longest) longest = n_rows[l];
    }
    FOR(i, p * D) C[i] = all(i % D ? 0 : a->start_mean[i / D]);
    FOR(i, p * p) P[i] = all(a->start_covariance[i]);
    FOR(i, D * D) M[i] = all(0);

    for (int64_t j = 0; j < longest; j++) {
        lane *t = tape + j * row_tape, *Phi = t + p * (D + p + 2), *T1 = Phi + p * p, *C0 = T1 + p * p;
        if (j > 0) {
            lane Q[p * p];
            FOR(l, LANES) {
                const int64_t u = j < n_rows[l] ? a->gap_index[first[l] + j] : -1;
                FOR(i, p * p) {
                    AT(Phi[i], l) = u < 0 ? 0 : a->Phi[u * p * p + i];
                    AT(Q[i], l) = u < 0 ? 0 : a->Q[u * p * p + i];
                }
            }
            FOR(i, p) FOR(k, p) {
                lane s = all(0);
                FOR(m, p) s += Phi[i * p + m] * P[m * p + k];
                T1[i * p + k] = s;
            }
            FOR(i, p) FOR(k, i + 1) {
                lane s = Q[i * p + k];
                FOR(m, p) s += T1[i * p + m] * Phi[k * p + m];
                P[i * p + k] = P[k * p + i] = s;
            }
            FOR(i, p * D) C0[i] = C[i];
            FOR(i, p) FOR(d, D) {
                lane s = all(0);
                FOR(m, p) s += Phi[i * p + m] * C0[m * D + d];
                C[i * D + d] = s;
            }
        }
        FOR(k, p) {
            lane *e = t + k * (D + p + 2), *K = e + D, *f = K + p, *there = f + 1;
            lane y, g[p];
            FOR(l, LANES) {
                const double v = j < n_rows[l] ? a->residual[(first[l] + j) * p + k] : NAN;
                AT(*there, l) = isfinite(v) ? 1 : 0;
                AT(y, l) = isfinite(v) ? v : 0;
            }
            FOR(d, D) e[d] = *there * ((d == 0 ? y : all(d == 1 + k)) - C[k * D + d]);
            FOR(i, p) g[i] = P[i * p + k];
            *f = *there * (g[k] + a->noise[k]) + (1 - *there);
            const lane over_f = 1 / *f;
            product *= *f;
            log_f += LOG_2_PI * *there;
            FOR(i, p) K[i] = *there * g[i] * over_f;
            FOR(i, p) FOR(d, D) C[i * D + d] += K[i] * e[d];
            FOR(i, p) FOR(m, i + 1) P[i * p + m] = P[m * p + i] = P[i * p + m] - K[i] * g[m];
            FOR(d, D) FOR(b, d + 1) M[d * D + b] += e[d] * e[b] * over_f;
            if (k % 4 == 3 || k == p - 1) { /* a logarithm of up to four variances at once */
                FOR(l, LANES) AT(log_f, l) += log(AT(product, l));
                product = all(1);
            }
        }
    }

    /* B = I + L'SL = R R'; X = R^-1 L'; Omega = X'X = Var(b | y); b = Omega s */
    const double *L = a->root;
    lane S[p * p], SL[p * p], R[p * p], X[p * p], Omega[p * p], b[p], det = all(1), quadratic = M[0];
    FOR(i, p) FOR(k, p) S[i * p + k] = i >= k ? M[(1 + i) * D + 1 + k] : M[(1 + k) * D + 1 + i];
    FOR(i, p) FOR(k, p) {
        SL[i * p + k] = all(0);
        FOR(m, p) SL[i * p + k] += S[i * p + m] * L[m * p + k];
    }
    FOR(i, p) FOR(k, i + 1) {
        lane s = all(i == k);
        FOR(m, p) s += L[m * p + i] * SL[m * p + k];
        FOR(m, k) s -= R[i * p + m] * R[k * p + m];
        if (i == k) {
            det *= s;
            FOR(l, LANES) AT(R[i * p + i], l) = sqrt(AT(s, l));
        } else
            R[i * p + k] = s / R[k * p + k];
    }
    FOR(i, p) FOR(k, p) {
        lane s = all(L[k * p + i]);
        FOR(m, i) s -= R[i * p + m] * X[m * p + k];
        X[i * p + k] = s / R[i * p + i];
    }
    FOR(i, p) FOR(k, p) {
        Omega[i * p + k] = all(0);
        FOR(m, p) Omega[i * p + k] += X[m * p + i] * X[m * p + k];
    }
    FOR(i, p) {
        b[i] = all(0);
        FOR(k, p) b[i] += Omega[i * p + k] * M[(1 + k) * D];
        quadratic -= b[i] * M[(1 + i) * D];
    }
    FOR(l, count) a->log_likelihood[group[l]] = -0.5 * (AT(log_f, l) + log(AT(det, l)) + AT(quadratic, l));
    if (!a->gradient) return;

    /* reverse: M_bar = -(w w' + diag(0, Omega)) / 2 with w = (1, -b); level: (h h' - (S - S Omega S)) / 2 */
    lane M_bar[D * D], C_bar[p * D], P_bar[p * p], noise_bar[p], h[p];
    FOR(i, p) {
        h[i] = M[(1 + i) * D];
        FOR(k, p) h[i] -= S[i * p + k] * b[k];
    }
    FOR(i, p) FOR(k, p) {
        lane s = h[i] * h[k] - S[i * p + k];
        FOR(m, p) FOR(q, p) s += S[i * p + m] * Omega[m * p + q] * S[q * p + k];
        double part = 0;
        FOR(l, count) part += AT(s, l);
        a->level_bar[i * p + k] += 0.5 * part;
    }
    FOR(d, D) FOR(c, D) {
        const lane left = d ? -b[d - 1] : all(1), right = c ? -b[c - 1] : all(1);
        M_bar[d * D + c] = -0.5 * (left * right + (d && c ? Omega[(d - 1) * p + c - 1] : all(0)));
    }
    FOR(i, p * D) C_bar[i] = all(0);
    FOR(i, p * p) P_bar[i] = all(0);
    FOR(i, p) noise_bar[i] = all(0);
    for (int64_t j = longest - 1; j >= 0; j--) {
        lane *t = tape + j * row_tape, *Phi = t + p * (D + p + 2), *T1 = Phi + p * p, *C0 = T1 + p * p;
        for (int k = p - 1; k >= 0; k--) {
            lane *e = t + k * (D + p + 2), *K = e + D, over_f = 1 / K[p], there = K[p + 1];
            lane pull[D], e_bar[D], half_g[p], f_bar = -0.5 * there * over_f;
            FOR(d, D) {
                pull[d] = all(0);
                FOR(c, D) pull[d] += e[c] * M_bar[c * D + d];
                pull[d] *= over_f;
                e_bar[d] = 2 * pull[d];
                FOR(i, p) e_bar[d] += K[i] * C_bar[i * D + d];
                f_bar -= pull[d] * e[d] * over_f;
            }
            FOR(i, p) {
                lane z = all(0), c = all(0);
                FOR(m, p) z += P_bar[i * p + m] * K[m];
                FOR(d, D) c += C_bar[i * D + d] * e[d];
                c *= over_f;
                f_bar += K[i] * (z - c);
                half_g[i] = 0.5 * c - z;
            }
            FOR(d, D) C_bar[k * D + d] -= e_bar[d];
            FOR(i, p) { P_bar[k * p + i] += half_g[i]; P_bar[i * p + k] += half_g[i]; }
            P_bar[k * p + k] += f_bar;
            noise_bar[k] += f_bar;
            FOR(l, LANES) if (j < n_rows[l]) a->residual_bar[(first[l] + j) * p + k] = AT(e_bar[0], l);
        }
        if (j == 0) break;
        lane U[p * p], V[p * p], W[p * D];
        FOR(i, p) FOR(k, p) {
            lane s = all(0);
            FOR(m, p) s += P_bar[i * p + m] * T1[m * p + k];
            s *= 2;
            FOR(d, D) s += C_bar[i * D + d] * C0[k * D + d];
            U[i * p + k] = s;
        }
        FOR(l, LANES) if (j < n_rows[l]) {
            const int64_t u = a->gap_index[first[l] + j] * p * p;
            FOR(i, p * p) { a->Phi_bar[u + i] += AT(U[i], l); a->Q_bar[u + i] += AT(P_bar[i], l); }
        }
        FOR(i, p) FOR(k, p) {
            lane s = all(0);
            FOR(m, p) s += P_bar[i * p + m] * Phi[m * p + k];
            V[i * p + k] = s;
        }
        FOR(i, p) FOR(k, i + 1) {
            lane s = all(0);
            FOR(m, p) s += Phi[m * p + i] * V[m * p + k];
            P_bar[i * p + k] = P_bar[k * p + i] = s;
        }
        FOR(i, p * D) W[i] = C_bar[i];
        FOR(i, p) FOR(d, D) {
            lane s = all(0);
            FOR(m, p) s += Phi[m * p + i] * W[m * D + d];
            C_bar[i * D + d] = s;
        }
    }
    FOR(i, p) { a->start_mean_bar[i] += sum(C_bar[i * D]); a->noise_bar[i] += sum(noise_bar[i]); }
    FOR(i, p * p) a->start_covariance_bar[i] += sum(P_bar[i]);
}

/* With p known to the compiler its loops unroll; sizes above six take the general form. */
#define EIGHT_OF(p) EVERY_PROCESSOR static void eight_##p(const Problem *a, const int64_t *g, int n, lane *t) { eight(p, a, g, n, t); }
EIGHT_OF(1) EIGHT_OF(2) EIGHT_OF(3) EIGHT_OF(4) EIGHT_OF(5) EIGHT_OF(6)
static void eight_any(int p, const Problem *a, const int64_t *g, int n, lane *t) { eight(p, a, g, n, t); }

static int walk(int p, const Problem *a) {
    int64_t longest = 0;
    if (a->persons > 0) longest = a->starts[a->order[0] + 1] - a->starts[a->order[0]];
    const size_t size = ((size_t)longest + 1) * (size_t)ROW_TAPE(p) * sizeof(lane);
    char *memory = malloc(size + 64);
    if (!memory) return 0;
    lane *tape = (lane *)(memory + 64 - (uintptr_t)memory % 64);
    for (int64_t i = 0; i < a->persons; i += LANES) {
        const int n = (int)(a->persons - i < LANES ? a->persons - i : LANES);
        const int64_t *g = a->order + i;
        switch (p) {
        case 1: eight_1(a, g, n, tape); break;
        case 2: eight_2(a, g, n, tape); break;
        case 3: eight_3(a, g, n, tape); break;
        case 4: eight_4(a, g, n, tape); break;
        case 5: eight_5(a, g, n, tape); break;
        case 6: eight_6(a, g, n, tape); break;
        default: eight_any(p, a, g, n, tape);
        }
    }
    free(memory);
    return 1;
}

static PyObject *evaluate(PyObject *self, PyObject *args) {
    (void)self;
    int p, gradient, done = -1;
    Py_buffer v[18];
    memset(v, 0, sizeof v);
    if (!PyArg_ParseTuple(args, "iiy*y*y*y*y*y*y*y*y*y*w*w*w*w*w*w*w*w*", &p, &gradient, v, v + 1, v + 2, v + 3, v + 4,
                          v + 5, v + 6, v + 7, v + 8, v + 9, v + 10, v + 11, v + 12, v + 13, v + 14, v + 15, v + 16,
                          v + 17))
        return NULL;
    const int64_t N = v[1].len / 8, rows = v[2].len / 8, pp = (int64_t)p * p, gaps = p > 0 ? v[4].len / (8 * pp) : 0;
    const int64_t want[18] = {N + 1, N, rows, rows * p, gaps * pp, gaps * pp, p, pp, p, pp,
                              N, rows * p, gaps * pp, gaps * pp, p, pp, p, pp};
    const int64_t *starts = v[0].buf, *order = v[1].buf, *gap_index = v[2].buf;
    int sound = p >= 1 && p <= 64;
    FOR(i, 18) sound = sound && v[i].len == 8 * want[i];
    for (int64_t i = 0; sound && i < N; i++)
        sound = order[i] >= 0 && order[i] < N && starts[i] >= 0 && starts[i] <= starts[i + 1] && starts[i + 1] <= rows
                && (i == 0 || starts[order[i] + 1] - starts[order[i]] <= starts[order[0] + 1] - starts[order[0]]);
    for (int64_t i = 0; sound && i < rows; i++) sound = gap_index[i] >= -1 && gap_index[i] < gaps;
    for (int64_t i = 0; sound && i < N; i++)
        for (int64_t j = starts[i] + 1; sound && j < starts[i + 1]; j++) sound = gap_index[j] >= 0;
    if (sound) {
        const Problem a = {gradient, N, rows, gaps, starts, order, gap_index, v[3].buf, v[4].buf, v[5].buf, v[6].buf,
                           v[7].buf, v[8].buf, v[9].buf, v[10].buf, v[11].buf, v[12].buf, v[13].buf, v[14].buf,
                           v[15].buf, v[16].buf, v[17].buf};
        Py_BEGIN_ALLOW_THREADS
        done = walk(p, &a);
        Py_END_ALLOW_THREADS
    }
    FOR(i, 18) PyBuffer_Release(&v[i]);
    if (done < 0) return PyErr_Format(PyExc_ValueError, "the arrays do not fit together");
    if (!done) return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"evaluate", evaluate, METH_VARARGS, "See compiled.py."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_compiled", "The compiled kernel.", -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__compiled(void) { return PyModule_Create(&module); }
