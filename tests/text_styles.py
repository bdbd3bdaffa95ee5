"""The texts of an open page, a few of each style: what axe has to measure the contrast of.

A table of 200 rows shows the same colours 200 times, and measuring them takes as long as all other rules together.
"""

from __future__ import annotations

from typing import Any

#: More than one, because axe cannot measure a text that something covers.
FEW = 3

#: Two texts are of one style if they agree in colour, font, and in everything that colours what is behind them.
#: Whatever leaves the flow may lie on something else, so what is in it is a style of its own. Disabled controls and
#: their labels are exempt from the rule, so they do not stand for others.
PICK = """few => {
  const behind = new Map(), counts = new Map()
  const surface = element => {
    if (element && !behind.has(element)) {
      const style = getComputedStyle(element)
      const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode].join()
      const moved = ['absolute', 'fixed', 'sticky'].includes(style.position) || style.float !== 'none'
      const plain = own === 'rgba(0, 0, 0, 0),none,1,none,normal' && !moved
      behind.set(element, surface(element.parentElement) + (plain ? '' : `${own}${moved ? behind.size : ''};`))
    }
    return behind.get(element) ?? ''
  }
  const has_text = element => element.matches('input:not([type=hidden]), select, textarea')
    || [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
  return [...document.body.querySelectorAll('*')].filter(element => {
    if (!has_text(element) || !element.getClientRects().length) return false
    const style = getComputedStyle(element)
    const disabled = element.closest(':disabled, [aria-disabled=true]') || element.closest('label')?.control?.disabled
    const key = [element.matches('input, select, textarea'), Boolean(disabled), style.visibility, style.color,
      style.fontSize, style.fontWeight, style.textShadow, surface(element)].join()
    counts.set(key, (counts.get(key) ?? 0) + 1)
    return counts.get(key) <= few
  })
}"""


def pick_texts(page: Any) -> Any:
    """Return a handle of the picked elements of the open page."""
    return page.evaluate_handle(PICK, FEW)
