// The first field of an opened entry takes the focus; the page scrolls to it only if the link asked for that.
document
  .querySelector("#panel input:not([type=hidden]), #panel textarea, #panel select")
  ?.focus({ preventScroll: location.hash !== "#panel" });
