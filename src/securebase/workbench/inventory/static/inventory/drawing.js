// Moves the parts of the closeness circle that the server has drawn. All lengths come from the server, and so does
// every part of a drawing except the position of a person who is being moved.
export class Drawing {
  constructor(svg, geometry) {
    Object.assign(this, { svg, geometry });
  }

  part(key) {
    return this.svg.querySelector(`[data-key="${key}"]`);
  }

  // frame: part → attribute → value; null takes the attribute away, and “text” is the content of the part
  apply(frame) {
    for (const [key, attributes] of Object.entries(frame)) {
      for (const [name, value] of Object.entries(attributes)) {
        if (name === "text") this.part(key).textContent = value;
        else if (value === null) this.part(key).removeAttribute(name);
        else this.part(key).setAttribute(name, value);
      }
    }
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

  move(id, place) {
    const display = place ? null : "none";
    this.apply({ [`person-${id}`]: { display }, [`tie-${id}`]: { display } });
    if (!place) return;
    const { x, y, distance } = this.point(place);
    const end = (this.geometry.disc + 3 - distance).toFixed(1);
    this.apply({
      [`person-${id}`]: { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` },
      [`tie-${id}`]: { transform: `rotate(${place.angle.toFixed(2)})` },
      [`line-${id}`]: { y2: end, "stroke-dasharray": place.tension ? "5 4" : null },
      [`in-${id}`]: { display: place.gives ? null : "none" },
      [`out-${id}`]: { transform: `translate(0 ${end})`, display: place.receives ? null : "none" },
    });
  }
}
