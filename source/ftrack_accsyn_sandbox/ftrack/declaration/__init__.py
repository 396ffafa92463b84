"""Which entity types and attributes the sandbox has, in a small language that `schema` reads.

A block is a heading followed by indented attributes, one a line::

    Name < Base | option words | option words
      attribute: kind! = default      a scalar; `!` required, default in JSON or `uid`; `of a,b` lists its choices
      attribute: kind ~ value         the server sets this value when the client gives none; the schema is silent on it
      status_id -> Status             foreign key and the reference `status`; `as name ..` names others, `as -` none
      parent_id => Context            the same, and the entity goes when its target is deleted
      project: Project via project_id reference over a foreign key declared elsewhere
      items: [Other.column]           collection of the Others whose `column` names this entity
      items: [Other.column a=b]       of those only the ones whose column `a` is `b`
      items: [Link.column > far]      collection behind a link entity; a type after `far` says what its members are
      metadata: {Metadata.parent_id}  mapped collection
      link: string computed           flags: fixed (immutable), computed (worked out when asked), hidden (not told)

Options of a heading: `key` (primary key, else `id`), `show` (default projections, else the key), `system` (sent with
every entity; may name database columns that no attribute shows), `unique`, `fixed` (immutable here), `alias`, `type`
(column and value that tell this subtype; `sets` where the schema is silent on it), `same` (another name for its base:
every entity of the base is of this type), `values` (its entities are what those of another type have as custom
attributes, worked out when asked), `hidden` (not told to clients). A line that begins with `|` continues the heading.
"""

from __future__ import annotations

from .assets import ASSETS
from .attributes import ATTRIBUTES
from .contexts import CONTEXTS
from .people import PEOPLE

__all__ = ["DECLARATION"]

DECLARATION = CONTEXTS + PEOPLE + ASSETS + ATTRIBUTES
