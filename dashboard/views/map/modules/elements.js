// Elements of the map's HTML; text is always text, never markup.
export function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

export function fragment(...children) {
  const made = document.createDocumentFragment();
  made.append(...children);
  return made;
}

export function chip(words, kind) {
  const made = element("span", "chip", words);
  made.style.setProperty("--tone", `var(--${kind}, var(--monitor))`);
  return made;
}

export function button(className, words, onClick) {
  const made = element("button", className, words);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}
