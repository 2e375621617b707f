"""Reads how Go holds each field of the API, which the published documents don't say: for scripts/make-schema.

The root holds the sources of k8s.io/{api,apimachinery,apiextensions-apiserver,kube-aggregator} in folders of these
names. Only declarations are read: a field's place among its neighbours, its type's name, and when it is written.
"""
import os
import re
import sys

# When Go writes a field. What must be written though nothing is set is written as zero, or as null.
ALWAYS = "always"
ALWAYS_NULL = "always, as null"
NOT_EMPTY = "unless it is empty or zero"
POINTER = "when it is set, zero or not"
NOT_ZERO = "unless every member of the struct is zero"

FIELD = re.compile(r"^\t(\w+)\s+(\S.*?)\s+`(.*)`")
EMBEDDED = re.compile(r"^\t(\*?[\w.]+)\s+`(.*)`")
BASIC = {"string", "bool", "int", "int32", "int64", "float64", "byte"}


def package_of(root, folder):
    parts = os.path.relpath(folder, root).split(os.sep)
    return "io.k8s." + ".".join(parts), parts[-1]


class GoTypes:
    def __init__(self, root):
        # By "definition package" + "." + name.
        self.structs, self.named = {}, {}
        # Interfaces, and structs without members.
        self.others = set()
        # Names of string types that are marked as enums, the constants of each type, and the string that each is.
        self.enums, self.constants, self.strings = set(), {}, {}
        for folder, _, files in sorted(os.walk(root)):
            if "testdata" in folder:
                continue
            for file in sorted(files):
                if file.endswith(".go") and not re.search(r"_test|swagger|generated|^conversion", file):
                    self.read(os.path.join(folder, file), *package_of(root, folder))

    def read(self, path, package, short):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        imports = {}
        for alias, target in re.findall(r'^(?:import)?\s*(\w+)?\s*"(k8s\.io/[^"]+)"', text, re.M):
            imports[alias or target.rsplit("/", 1)[1]] = "io." + target.replace("k8s.io", "k8s", 1).replace("/", ".")
        # Comments may hold anything, raw strings don't occur.
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        struct, is_enum = None, False
        for line in text.split("\n"):
            self.constant(line, package, imports)
            # The mark stands in the comment above the type.
            if re.match(r"^//\s*\+enum\s*$", line):
                is_enum = True
            elif not line.startswith("//"):
                marked = re.match(r"^type (\w+) string", line)
                if marked and is_enum:
                    self.enums.add(package + "." + marked[1])
                is_enum = False
            line = re.sub(r"^(\s*)//.*", "", line)
            start = re.match(r"^type (\w+) struct \{", line)
            if start:
                struct = self.structs.setdefault(package + "." + start[1], [])
            elif line.startswith("}"):
                struct = None
            elif struct is not None:
                self.member(struct, line, package, imports)
            else:
                other = re.match(r"^type (\w+) ", line)
                if other:
                    self.others.add(package + "." + other[1])
                named = re.match(r"^(?:type|\t)\s*(\w+) (=?)\s*([\w.\[\]*]+(?:\[[\w.]+\][\w.]+)?)$", line.rstrip())
                if named and line.startswith("type"):
                    self.named[package + "." + named[1]] = (named[3], bool(named[2]), package, imports)

    def constant(self, line, package, imports):
        """`Name Type = "text"`, `Name = Type("text")`, or `Name = Type(another)`."""
        found = re.match(r'^(?:const |\t)(\w+)\s+(\w+)\s*=\s*(".*")', line) or re.match(
            r'^(?:const |\t)(\w+)\s*=\s*(\w+)\(("[^"]*"|[\w.]+)\)\s*$', line)
        if not found:
            return
        name, kind, value = found[1], package + "." + found[2], found[3]
        if not value.startswith('"'):
            prefix, _, other = value.rpartition(".")
            value = (imports.get(prefix, prefix) if prefix else package) + "." + other
        self.strings[package + "." + name] = value
        self.constants.setdefault(kind, []).append(package + "." + name)

    def string(self, name):
        value = self.strings[name]
        return value.strip('"') if value.startswith('"') else self.string(value)

    def member(self, struct, line, package, imports):
        found = FIELD.match(line)
        if found:
            tag = re.search(r'json:"([^"]*)"', found[3])
            if tag:
                name, *options = tag[1].split(",")
                if name != "-" and "inline" not in options:
                    struct.append((name or found[1], found[2], options, package, imports))
                elif "inline" in options:
                    struct.append((None, found[2], options, package, imports))
            return
        found = EMBEDDED.match(line)
        if found:
            tag = re.search(r'json:"([^"]*)"', found[2])
            if tag and tag[1] not in ("-",) and not tag[1].startswith(","):
                struct.append((tag[1].split(",")[0], found[1], tag[1].split(",")[1:], package, imports))
            elif not tag or tag[1] != "-":
                struct.append((None, found[1], [], package, imports))

    def full(self, name, package, imports):
        """The definition that a Go name means in that file, aliases followed."""
        if "." in name:
            prefix, name = name.split(".")
            package = imports.get(prefix, prefix)
        full = package + "." + name
        if full in self.named and self.named[full][1]:
            target, _, package, imports = self.named[full]
            return self.full(target, package, imports)
        return full

    def spell(self, expression, package, imports):
        """(the type as Go prints it, what it is, the type of its elements): pointer, list, map, struct or scalar."""
        if expression.startswith("*"):
            element = self.spell(expression[1:], package, imports)
            return "*" + element[0], "pointer", element
        if expression.startswith("[]"):
            element = self.spell(expression[2:], package, imports)
            return "[]" + ("uint8" if element[0] == "byte" else element[0]), "list", element
        found = re.match(r"^map\[([\w.]+)\](.*)$", expression)
        if found:
            key = self.spell(found[1], package, imports)[0]
            element = self.spell(found[2], package, imports)
            return f"map[{key}]{element[0]}", "map", element
        if expression.startswith("interface{"):
            return expression, "pointer", None
        if expression in BASIC:
            return expression, "scalar", None
        full = self.full(expression, package, imports)
        text = ".".join(full.split(".")[-2:])
        if full in self.structs:
            return text, "struct", None
        if full in self.named:
            target, _, package, imports = self.named[full]
            return (text,) + self.spell(target, package, imports)[1:]
        if full.endswith("types.UID") or full.endswith("types.NodeName") or full.endswith("types.NamespacedName"):
            return text, "scalar", None
        if full in self.others:
            return text, "scalar", None
        sys.exit(f"{full} is declared nowhere")

    def values(self, expression, package, imports):
        """The strings that a field may hold, or those in its list or map: none when it isn't told."""
        expression = re.sub(r"^(\*|\[\]|map\[[\w.]+\])+", "", expression)
        if not re.fullmatch(r"[\w.]+", expression) or expression in BASIC:
            return ()
        full = self.full(expression, package, imports)
        return tuple(sorted({self.string(name) for name in self.constants.get(full, ())})) if full in self.enums else ()

    def fields(self, definition):
        """Name, presence, type and possible strings of each field, embedded ones in their place; empty for what is no
        struct."""
        if definition in self.named:
            target, _, package, imports = self.named[definition]
            return self.fields(self.full(target, package, imports)) if re.fullmatch(r"[\w.]+", target) else []
        out = []
        for name, expression, options, package, imports in self.structs.get(definition, []):
            if name is None:
                out += self.fields(self.full(expression.lstrip("*"), package, imports))
            else:
                kind = self.spell(expression, package, imports)
                out.append((name, self.presence(kind[1], options), kind, self.values(expression, package, imports)))
        return out

    @staticmethod
    def presence(kind, options):
        if "omitempty" not in options and "omitzero" not in options:
            return ALWAYS_NULL if kind in ("pointer", "list", "map") else ALWAYS
        if kind == "pointer":
            return POINTER
        if kind == "struct":
            return NOT_ZERO if "omitzero" in options else ALWAYS
        return NOT_EMPTY
