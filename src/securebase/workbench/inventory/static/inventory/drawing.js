// Draws the closeness circle by moving the parts that the server has rendered. All lengths and the places of words come
// from the server.
export const show = (part, on) => (on ? part.removeAttribute("display") : part.setAttribute("display", "none"));

export function setAll(part, attributes) {
  for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
}

const decimal = (value) => value.toFixed(1);

export class Drawing {
  constructor(svg, { geometry, tieColours, labelsOfMoved }) {
    Object.assign(this, { svg, geometry, tieColours, labelsOfMoved });
  }

  person(id) {
    return this.svg.querySelector(`[data-person="${id}"]`);
  }

  clamp(radius) {
    return Math.min(Math.max(radius, this.geometry.nearest), this.geometry.furthest);
  }

  point(place) {
    const distance = this.clamp(place.radius) * this.geometry.unit;
    const angle = (place.angle * Math.PI) / 180; // clockwise from 12 o’clock
    return { x: distance * Math.sin(angle), y: -distance * Math.cos(angle), distance };
  }

  // Returns the place of a point; the radius may lie outside the circle.
  place({ x, y }) {
    const angle = (Math.atan2(x, -y) * 180) / Math.PI;
    return { radius: Math.hypot(x, y) / this.geometry.unit, angle: (angle + 360) % 360 };
  }

  // Returns the position of the pointer on the drawing.
  pointer(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
  }

  draw(id, place) {
    const person = this.person(id);
    const tie = this.svg.querySelector(`[data-tie="${id}"]`);
    show(person, place);
    show(tie, place);
    if (!place) return;
    const { x, y, distance } = this.point(place);
    const end = decimal(this.geometry.disc + 3 - distance);
    const line = tie.querySelector("line");
    person.setAttribute("transform", `translate(${decimal(x)} ${decimal(y)})`);
    tie.setAttribute("transform", `rotate(${place.angle.toFixed(2)})`);
    setAll(line, { y2: end, stroke: this.tieColours[Number(place.tension)] });
    if (place.tension) line.setAttribute("stroke-dasharray", "5 4");
    else line.removeAttribute("stroke-dasharray");
    show(tie.querySelector(".tip.in"), place.gives);
    show(tie.querySelector(".tip.out"), place.receives);
    tie.querySelector(".tip.out").setAttribute("transform", `translate(0 ${end})`);
  }

  // Puts the name of a moved person below their disc, until the server has found free places for all words.
  unlabel(id) {
    for (const [lettering, labels] of Object.entries(this.labelsOfMoved)) this.labelPerson(lettering, id, labels[id]);
  }

  label(labels) {
    for (const [lettering, { rings, people }] of Object.entries(labels)) {
      const words = this.svg.querySelectorAll(`.rings .${lettering} text`);
      rings.forEach(({ x, y }, n) => setAll(words[n], { x: decimal(x), y: decimal(y) }));
      for (const [id, label] of Object.entries(people)) this.labelPerson(lettering, id, label);
    }
  }

  labelPerson(lettering, id, { x, y, anchor, text, leader }) {
    const [line, words] = this.person(id).querySelector(`.${lettering}`).children;
    setAll(words, { x: decimal(x), y: decimal(y), "text-anchor": anchor });
    words.firstElementChild.textContent = text;
    words.querySelector(".mark")?.setAttribute("x", decimal(x));
    show(line, leader);
    leader?.forEach((value, n) => line.setAttribute(["x1", "y1", "x2", "y2"][n], decimal(value)));
  }
}
