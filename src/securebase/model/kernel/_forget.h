/* Undoes _lanes.h, so that it can be included for the next kind of processor. */
#undef NAME_
#undef NAME
#undef lane
#undef all
#undef INLINE
#undef AT
#undef LANES
#undef ON
