// Short ways to make elements.
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function button(textContent, act, className = "button") {
  const made = element("button", { type: "button", className, textContent });
  made.addEventListener("click", act);
  return made;
}

// Shows a question or a warning before an element, with the controls that answer it.
export function notice(tone, text, ...controls) {
  const actions = element("p", { className: "actions" }, ...controls);
  return element("div", { className: `callout ${tone}`, role: "alert" }, element("p", { textContent: text }), actions);
}
