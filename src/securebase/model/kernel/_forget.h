/* Undefine the names of _lanes.h before the next kind of processor. */
#undef NAME_
#undef NAME
#undef lane
#undef all
#undef INLINE
#undef AT
#undef LANES
#undef ON
