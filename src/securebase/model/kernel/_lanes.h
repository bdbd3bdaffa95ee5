/* A vector of LANES doubles, named after the kind of processor ON; shared by _together.h and _gaps.h. */

#define NAME_(name, on) name##_##on
#define NAME(name, on) NAME_(name, on)
#define lane NAME(lane, ON)
#define all NAME(all, ON)

#if LANES > 1
typedef double lane __attribute__((vector_size(LANES * sizeof(double)), aligned(LANES * sizeof(double))));
#define INLINE static inline __attribute__((always_inline))
#define AT(x, l) (x)[l]
#else /* a compiler without vector types */
typedef double lane;
#define INLINE static inline
#define AT(x, l) (*(&(x) + (l)))
#endif

INLINE lane all(double x) { lane v; FOR(l, LANES) AT(v, l) = x; return v; }
