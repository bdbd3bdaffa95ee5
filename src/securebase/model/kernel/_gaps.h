/* Included by _tables.c once for every kind of processor: LANES gaps side by side in one vector. */

#include "_lanes.h"
#define forward NAME(forward, ON)
#define backward NAME(backward, ON)

/* The p functions of one gap: exp(re u) of a real eigenvalue; of a pair exp(re u) cos(im u), then -exp(re u) sin(im u). */
static void NAME(powers, ON)(const int p, const Problem *a) {
    for (int64_t g = 0; g < a->gaps; g++) {
        double *e = a->powers + g * p;
        for (int k = 0; k < p; k++) {
            const double size = exp(a->re[k] * a->gap[g]), turn = a->im[k] * a->gap[g];
            e[k] = size;
            if (a->im[k] != 0 && k + 1 < p) { e[k] = size * cos(turn); e[++k] = -size * sin(turn); }
        }
    }
}

INLINE void forward(const int p, const Problem *a) {
    NAME(powers, ON)(p, a);
    for (int64_t g = 0; g < a->gaps; g += LANES) {
        const int n = a->gaps - g < LANES ? (int)(a->gaps - g) : LANES;
        lane e[p], Phi[p * p], T[p * p], Q[p * p];
        FOR(k, p) { e[k] = all(0); FOR(l, n) AT(e[k], l) = a->powers[(g + l) * p + k]; }
        FOR(i, p * p) {
            Phi[i] = all(0);
            FOR(k, p) Phi[i] += e[k] * a->parts[k * p * p + i];
        }
        FOR(i, p) FOR(k, p) {
            T[i * p + k] = all(0);
            FOR(m, p) T[i * p + k] += Phi[i * p + m] * a->P[m * p + k];
        }
        FOR(i, p) FOR(k, i + 1) {
            lane s = all(a->P[i * p + k]);
            FOR(m, p) s -= T[i * p + m] * Phi[k * p + m];
            Q[i * p + k] = Q[k * p + i] = s;
        }
        FOR(l, n) FOR(i, p * p) {
            a->Phi[(g + l) * p * p + i] = AT(Phi[i], l);
            a->Q[(g + l) * p * p + i] = AT(Q[i], l);
        }
    }
}

/* Phi_bar <- Phi_bar - 2 Q_bar Phi P; P_bar += Q_bar - Phi' Q_bar Phi; sums: over gaps of e_k Phi_bar, then u e_k Phi_bar */
INLINE void backward(const int p, const Problem *a) {
    lane P_bar[p * p], once[p * p * p], by_gap[p * p * p];
    FOR(i, p * p) P_bar[i] = all(0);
    FOR(i, p * p * p) once[i] = by_gap[i] = all(0);
    for (int64_t g = 0; g < a->gaps; g += LANES) {
        const int n = a->gaps - g < LANES ? (int)(a->gaps - g) : LANES;
        lane e[p], u = all(0), Phi[p * p], Phi_bar[p * p], Q_bar[p * p], T[p * p];
        FOR(k, p) e[k] = all(0);
        FOR(i, p * p) Phi[i] = Phi_bar[i] = Q_bar[i] = all(0);
        FOR(l, n) {
            AT(u, l) = a->gap[g + l];
            FOR(k, p) AT(e[k], l) = a->powers[(g + l) * p + k];
            FOR(i, p * p) {
                AT(Phi[i], l) = a->Phi[(g + l) * p * p + i];
                AT(Phi_bar[i], l) = a->Phi_bar[(g + l) * p * p + i];
                AT(Q_bar[i], l) = a->Q_bar[(g + l) * p * p + i];
            }
        }
        FOR(i, p) FOR(k, p) {
            T[i * p + k] = all(0);
            FOR(m, p) T[i * p + k] += Q_bar[i * p + m] * Phi[m * p + k];
        }
        FOR(i, p) FOR(k, i + 1) { /* symmetric */
            lane s = Q_bar[i * p + k];
            FOR(m, p) s -= Phi[m * p + i] * T[m * p + k];
            P_bar[i * p + k] += s;
        }
        FOR(i, p) FOR(k, p) {
            lane s = all(0);
            FOR(m, p) s += T[i * p + m] * a->P[m * p + k];
            Phi_bar[i * p + k] -= 2 * s;
        }
        FOR(l, n) FOR(i, p * p) a->Phi_bar[(g + l) * p * p + i] = AT(Phi_bar[i], l);
        FOR(k, p) FOR(i, p * p) {
            once[k * p * p + i] += e[k] * Phi_bar[i];
            by_gap[k * p * p + i] += u * e[k] * Phi_bar[i];
        }
    }
    FOR(i, p) FOR(k, p) {
        double s = 0;
        FOR(l, LANES) s += AT(P_bar[i >= k ? i * p + k : k * p + i], l);
        a->P_bar[i * p + k] += s;
    }
    FOR(i, p * p * p) FOR(l, LANES) {
        a->sums[i] += AT(once[i], l);
        a->sums[p * p * p + i] += AT(by_gap[i], l);
    }
}

#define OF_(name, on) \
    static void name##_of_##on(int p, const Problem *a) { \
        switch (p) { \
        case 1: name##_##on(1, a); break; \
        case 2: name##_##on(2, a); break; \
        case 3: name##_##on(3, a); break; \
        case 6: name##_##on(6, a); break; \
        default: name##_##on(p, a); \
        } \
    }
#define OF(name, on) OF_(name, on)
#undef forward
#undef backward
OF(forward, ON)
OF(backward, ON)

#undef OF_
#undef OF
#include "_forget.h"
