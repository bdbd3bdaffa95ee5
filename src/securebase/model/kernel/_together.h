/* Included by _compiled.c once for every kind of processor, with LANES persons side by side in one vector and ON, the
   name of the kind. A vector must not be wider than the processor's: compilers split a wider one at a great
   loss of speed (decision 0009). */

#include "_lanes.h"
#define sum NAME(sum, ON)
#define together NAME(together, ON)

INLINE double sum(lane v) { double s = 0; FOR(l, LANES) s += AT(v, l); return s; }

/* One group of persons: group[0..count). `plain`: one column of scores for each construct, every loading 1. */
INLINE void together(const int p, const int d, const int plain, const Problem *a, const int64_t *group, int count,
                     lane *tape) {
    const int D = 1 + d, q = plain ? p : a->q, has_inputs = a->increment != NULL,
              slopes = d > p || (!plain && a->basis != NULL), levels = slopes ? d / 2 : d;
    const int row_tape = ROW_TAPE(p, d, q);
    lane C[p * D], P[p * p], M[D * D], log_f = all(0), product = all(1), weight = all(0), of_log = all(0);
    int64_t first[LANES], n_rows[LANES], longest = 0;
    FOR(l, LANES) {
        first[l] = l < count ? a->starts[group[l]] : 0;
        n_rows[l] = l < count ? a->starts[group[l] + 1] - first[l] : 0;
        if (n_rows[l] > longest) longest = n_rows[l];
    }
    FOR(i, p * D) C[i] = all(0);
    FOR(l, count) {
        AT(weight, l) = a->weights[3 * group[l]];
        AT(of_log, l) = a->weights[3 * group[l] + 1];
        FOR(i, p) AT(C[i * D], l) = a->weights[3 * group[l] + 2] * a->start_mean[i];
    }
    FOR(i, p * p) P[i] = all(a->start_covariance[i]);
    FOR(i, D * D) M[i] = all(0);

    for (int64_t j = 0; j < longest; j++) {
        lane *t = tape + j * row_tape, *Phi = t + q * (D + p + 2), *T1 = Phi + p * p, *C0 = T1 + p * p, x = all(0);
        if (j > 0) {
            lane Q[p * p];
            int64_t u[LANES];
            int same = 1;
            FOR(l, LANES) {
                u[l] = j < n_rows[l] ? a->gap_index[first[l] + j] : -1;
                same = same && (u[l] == u[0] || u[l] < 0);
            }
            if (same && u[0] >= 0) {
                FOR(i, p * p) { Phi[i] = all(a->Phi[u[0] * p * p + i]); Q[i] = all(a->Q[u[0] * p * p + i]); }
            } else
                FOR(l, LANES) FOR(i, p * p) {
                    AT(Phi[i], l) = u[l] < 0 ? 0 : a->Phi[u[l] * p * p + i];
                    AT(Q[i], l) = u[l] < 0 ? 0 : a->Q[u[l] * p * p + i];
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
            FOR(i, p) FOR(c, D) {
                lane s = all(0);
                FOR(m, p) s += Phi[i * p + m] * C0[m * D + c];
                C[i * D + c] = s;
            }
        }
        if (has_inputs) FOR(l, LANES) if (j < n_rows[l]) FOR(i, p) AT(C[i * D], l) += a->increment[(first[l] + j) * p + i];
        if (slopes) FOR(l, LANES) AT(x, l) = j < n_rows[l] ? a->basis[first[l] + j] : 0;
        FOR(k, q) {
            lane *e = t + k * (D + p + 2), *K = e + D, *f = K + p, *there = f + 1;
            const int of = plain ? k : (int)a->construct[k];
            const lane load = all(plain ? 1 : a->loading[k]);
            lane y, g[p];
            FOR(l, LANES) {
                const double v = j < n_rows[l] ? a->residual[(first[l] + j) * q + k] : NAN;
                AT(*there, l) = isfinite(v) ? 1 : 0;
                AT(y, l) = isfinite(v) ? v : 0;
            }
            FOR(c, D) {
                const lane design = c == 0 ? all(0) : c == 1 + of ? all(1) : slopes && c == 1 + levels + of ? x : all(0);
                e[c] = *there * ((c == 0 ? y : all(0)) + load * (design - C[of * D + c]));
            }
            FOR(i, p) g[i] = load * P[i * p + of];
            *f = *there * (load * g[of] + a->noise[k]) + (1 - *there);
            const lane over_f = 1 / *f;
            product *= *f;
            log_f += LOG_2_PI * *there;
            FOR(i, p) K[i] = *there * g[i] * over_f;
            FOR(i, p) FOR(c, D) C[i * D + c] += K[i] * e[c];
            FOR(i, p) FOR(m, i + 1) P[i * p + m] = P[m * p + i] = P[i * p + m] - K[i] * g[m];
            FOR(c, D) FOR(b, c + 1) M[c * D + b] += e[c] * e[b] * over_f;
            if (k % 4 == 3 || k == q - 1) { /* one logarithm for up to four variances: log is slow */
                FOR(l, LANES) AT(log_f, l) += log(AT(product, l));
                product = all(1);
            }
        }
    }

    /* B = I + L'SL = R R'; X = R^-1 L'; Omega = X'X = Var(b | y); b = Omega s */
    const double *L = a->root;
    lane S[d * d + 1], SL[d * d + 1], R[d * d + 1], X[d * d + 1], Omega[d * d + 1], b[d + 1], h[d + 1], det = all(1),
        quadratic = M[0];
    FOR(i, d) FOR(k, d) S[i * d + k] = i >= k ? M[(1 + i) * D + 1 + k] : M[(1 + k) * D + 1 + i];
    FOR(i, d) FOR(k, d) {
        SL[i * d + k] = all(0);
        FOR(m, d) SL[i * d + k] += S[i * d + m] * L[m * d + k];
    }
    FOR(i, d) FOR(k, i + 1) {
        lane s = all(i == k);
        FOR(m, d) s += L[m * d + i] * SL[m * d + k];
        FOR(m, k) s -= R[i * d + m] * R[k * d + m];
        if (i == k) {
            det *= s;
            FOR(l, LANES) AT(R[i * d + i], l) = sqrt(AT(s, l));
        } else
            R[i * d + k] = s / R[k * d + k];
    }
    FOR(i, d) FOR(k, d) {
        lane s = all(L[k * d + i]);
        FOR(m, i) s -= R[i * d + m] * X[m * d + k];
        X[i * d + k] = s / R[i * d + i];
    }
    FOR(i, d) FOR(k, d) {
        Omega[i * d + k] = all(0);
        FOR(m, d) Omega[i * d + k] += X[m * d + i] * X[m * d + k];
    }
    FOR(i, d) {
        b[i] = all(0);
        FOR(k, d) b[i] += Omega[i * d + k] * M[(1 + k) * D];
        quadratic -= b[i] * M[(1 + i) * D];
    }
    FOR(l, count) a->log_likelihood[group[l]] =
        -0.5 * (AT(of_log, l) * (AT(log_f, l) + log(AT(det, l))) + AT(weight, l) * AT(quadratic, l));
    if (!a->gradient && !a->shifted) return;

    /* h = s - S b, H = S - S Omega S: score and information along a shift of the person's constants */
    lane H[d * d + 1], OS[d * d + 1];
    FOR(i, d) {
        h[i] = M[(1 + i) * D];
        FOR(k, d) h[i] -= S[i * d + k] * b[k];
    }
    FOR(i, d) FOR(k, d) {
        OS[i * d + k] = all(0);
        FOR(m, d) OS[i * d + k] += Omega[i * d + m] * S[m * d + k];
    }
    FOR(i, d) FOR(k, d) {
        H[i * d + k] = S[i * d + k];
        FOR(m, d) H[i * d + k] -= S[i * d + m] * OS[m * d + k];
    }
    if (a->shifted) FOR(l, count) {
        FOR(i, d) a->shift_score[group[l] * d + i] = AT(h[i], l);
        FOR(i, d * d) a->shift_information[group[l] * d * d + i] = AT(H[i], l);
    }
    if (!a->gradient) return;

    /* expectation over a shift with mean v and covariance V (Fisher's identity): h - H v; b + (I - Omega S) v;
       Omega + (I - Omega S) V (I - Omega S)' */
    lane extra[d * d + 1];
    FOR(i, d * d) extra[i] = all(0);
    if (a->shifted) {
        lane v[d + 1], V[d * d + 1], HV[d * d + 1], left[d * d + 1];
        FOR(i, d) { v[i] = all(0); FOR(l, count) AT(v[i], l) = a->shift[group[l] * d + i]; }
        FOR(i, d * d) { V[i] = all(0); FOR(l, count) AT(V[i], l) = a->spread[group[l] * d * d + i]; }
        FOR(i, d) FOR(k, d) { h[i] -= H[i * d + k] * v[k]; b[i] += (all(i == k) - OS[i * d + k]) * v[k]; }
        FOR(i, d) FOR(k, d) {
            HV[i * d + k] = all(0);
            FOR(m, d) HV[i * d + k] += H[i * d + m] * V[m * d + k];
        }
        FOR(i, d) FOR(k, d) FOR(m, d) extra[i * d + k] += HV[i * d + m] * H[m * d + k];
        FOR(i, d) FOR(k, d) {
            left[i * d + k] = V[i * d + k];
            FOR(m, d) left[i * d + k] -= OS[i * d + m] * V[m * d + k];
        }
        FOR(i, d) FOR(k, d) {
            Omega[i * d + k] += left[i * d + k];
            FOR(m, d) Omega[i * d + k] -= left[i * d + m] * OS[k * d + m];
        }
    }

    /* reverse: M_bar = -(w w' + diag(0, Omega)) / 2 with w = (1, -b); level: (h h' - H) / 2 */
    lane M_bar[D * D], C_bar[p * D], P_bar[p * p], noise_bar[q], loading_bar[q];
    FOR(i, d) FOR(k, d) {
        const lane s = weight * (h[i] * h[k] + extra[i * d + k]) - of_log * H[i * d + k];
        double part = 0;
        FOR(l, count) part += AT(s, l);
        a->level_bar[i * d + k] += 0.5 * part;
    }
    FOR(r, D) FOR(c, D) {
        const lane left = r ? -b[r ? r - 1 : 0] : all(1), right = c ? -b[c ? c - 1 : 0] : all(1);
        M_bar[r * D + c] = -0.5 * (weight * left * right + (r && c ? of_log * Omega[(r - 1) * d + c - 1] : all(0)));
    }
    FOR(i, p * D) C_bar[i] = all(0);
    FOR(i, p * p) P_bar[i] = all(0);
    FOR(i, q) noise_bar[i] = loading_bar[i] = all(0);
    for (int64_t j = longest - 1; j >= 0; j--) {
        lane *t = tape + j * row_tape, *Phi = t + q * (D + p + 2), *T1 = Phi + p * p, *C0 = T1 + p * p, x_bar = all(0);
        for (int k = q - 1; k >= 0; k--) {
            lane *e = t + k * (D + p + 2), *K = e + D, f = K[p], over_f = 1 / f, there = K[p + 1];
            const int of = plain ? k : (int)a->construct[k];
            const lane load = all(plain ? 1 : a->loading[k]);
            lane pull[D], e_bar[D], half_g[p], f_bar = -0.5 * of_log * there * over_f;
            FOR(c, D) {
                pull[c] = all(0);
                FOR(r, D) pull[c] += e[r] * M_bar[r * D + c];
                pull[c] *= over_f;
                e_bar[c] = 2 * pull[c];
                FOR(i, p) e_bar[c] += K[i] * C_bar[i * D + c];
                f_bar -= pull[c] * e[c] * over_f;
            }
            FOR(i, p) {
                lane z = all(0), c = all(0);
                FOR(m, p) z += P_bar[i * p + m] * K[m];
                FOR(r, D) c += C_bar[i * D + r] * e[r];
                c *= over_f;
                f_bar += K[i] * (z - c);
                half_g[i] = 0.5 * c - z;
            }
            if (!plain) { /* e = y + load (design - C), g = load P h, f = load g + noise */
                lane s = 2 * f_bar * load * K[of] * f, y = all(0);
                FOR(c, D) s += e_bar[c] * e[c];
                FOR(i, p) s += 2 * half_g[i] * K[i] * f;
                FOR(l, LANES) if (j < n_rows[l]) {
                    const double v = a->residual[(first[l] + j) * q + k];
                    AT(y, l) = isfinite(v) ? v : 0;
                }
                loading_bar[k] += there * (s - e_bar[0] * y) / load;
            }
            if (slopes) x_bar += there * load * e_bar[1 + levels + of];
            FOR(c, D) C_bar[of * D + c] -= load * e_bar[c];
            FOR(i, p) { P_bar[of * p + i] += load * half_g[i]; P_bar[i * p + of] += load * half_g[i]; }
            P_bar[of * p + of] += load * load * f_bar;
            noise_bar[k] += f_bar;
            FOR(l, LANES) if (j < n_rows[l]) a->residual_bar[(first[l] + j) * q + k] = AT(e_bar[0], l);
        }
        if (slopes) FOR(l, LANES) if (j < n_rows[l]) a->basis_bar[first[l] + j] = AT(x_bar, l);
        if (has_inputs) FOR(l, LANES) if (j < n_rows[l]) FOR(i, p) a->increment_bar[(first[l] + j) * p + i] = AT(C_bar[i * D], l);
        if (j == 0) break;
        lane U[p * p], V[p * p], W[p * D];
        FOR(i, p) FOR(k, p) {
            lane s = all(0);
            FOR(m, p) s += P_bar[i * p + m] * T1[m * p + k];
            s *= 2;
            FOR(c, D) s += C_bar[i * D + c] * C0[k * D + c];
            U[i * p + k] = s;
        }
        int64_t u[LANES];
        int same = 1;
        FOR(l, LANES) {
            u[l] = j < n_rows[l] ? a->gap_index[first[l] + j] : -1;
            same = same && u[l] == u[0];
        }
        if (same) {
            FOR(i, p * p) {
                a->Phi_bar[u[0] * p * p + i] += sum(U[i]);
                a->Q_bar[u[0] * p * p + i] += sum(P_bar[i]);
            }
        } else
            FOR(l, LANES) if (u[l] >= 0) FOR(i, p * p) {
                a->Phi_bar[u[l] * p * p + i] += AT(U[i], l);
                a->Q_bar[u[l] * p * p + i] += AT(P_bar[i], l);
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
        FOR(i, p) FOR(c, D) {
            lane s = all(0);
            FOR(m, p) s += Phi[m * p + i] * W[m * D + c];
            C_bar[i * D + c] = s;
        }
    }
    FOR(l, count) FOR(i, p) a->start_mean_bar[i] += a->weights[3 * group[l] + 2] * AT(C_bar[i * D], l);
    FOR(i, q) { a->noise_bar[i] += sum(noise_bar[i]); a->loading_bar[i] += sum(loading_bar[i]); }
    FOR(i, p * p) a->start_covariance_bar[i] += sum(P_bar[i]);
}

/* Sizes known at compile time let the loops unroll; other sizes use the general form. */
#define ANY_(on) \
    static void any_##on(int p, int d, int plain, const Problem *a, const int64_t *g, int n, void *t) { \
        if (plain) together(p, d, 1, a, g, n, t); else together(p, d, 0, a, g, n, t); }
#define OF_(p, d, plain, on) \
    static void of_##p##_##d##_##plain##_##on(int p_, int d_, int plain_, const Problem *a, const int64_t *g, int n, void *t) { \
        (void)p_; (void)d_; (void)plain_; together(p, d, plain, a, g, n, t); }
#define FORM_(p, d, plain, on) {p, d, plain, of_##p##_##d##_##plain##_##on}
#define ANY(on) ANY_(on)
#define OF(p, d, plain, on) OF_(p, d, plain, on)
#define FORM(p, d, plain, on) FORM_(p, d, plain, on)

ANY(ON)
#ifdef UNROLLED
OF(1, 1, 1, ON) OF(2, 2, 1, ON) OF(3, 3, 1, ON) OF(4, 4, 1, ON) OF(5, 5, 1, ON) OF(6, 6, 1, ON)
OF(1, 2, 1, ON) OF(2, 4, 1, ON) OF(2, 0, 1, ON) OF(2, 2, 0, ON) OF(4, 4, 0, ON) OF(6, 12, 1, ON) OF(8, 16, 1, ON)
#endif
static const Form NAME(forms, ON)[] = {
#ifdef UNROLLED
    FORM(1, 1, 1, ON), FORM(2, 2, 1, ON), FORM(3, 3, 1, ON), FORM(4, 4, 1, ON), FORM(5, 5, 1, ON), FORM(6, 6, 1, ON),
    FORM(1, 2, 1, ON), FORM(2, 4, 1, ON), FORM(2, 0, 1, ON), FORM(2, 2, 0, ON), FORM(4, 4, 0, ON), FORM(6, 12, 1, ON), FORM(8, 16, 1, ON),
#endif
    {0, 0, 0, NAME(any, ON)}};

#undef sum
#undef together
#undef ANY_
#undef OF_
#undef FORM_
#undef ANY
#undef OF
#undef FORM
#include "_forget.h"
