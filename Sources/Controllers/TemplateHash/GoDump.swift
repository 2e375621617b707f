import JSON

/// A pod template as Go's `spew` prints the struct (`%#v` with sorted keys): what the original hashes to name a replica
/// set. Lists and maps without elements print as nil, which they are after the original's wire form.
struct GoDump {
    private(set) var text = ""

    init(podTemplate: JSON) {
        text += "(v1.PodTemplateSpec)"
        put(podTemplate, .structure("v1.PodTemplateSpec"))
    }

    private mutating func put(_ value: JSON, _ type: GoType) {
        switch type {
        case .string: text += value.string ?? ""
        case .integer: text += "\(value.int ?? 0)"
        case .bool: text += "\(value.bool ?? false)"
        case .pointer(let pointee): if value.isNull { text += "<nil>" } else { put(value, pointee) }
        case .list(let element): putList(value.array ?? [], element)
        case .map(_, let element): putMap(value.object ?? JSONObject(), element)
        case .structure(let name): putStruct(value, GoStruct.all[name]?.fields ?? [])
        case .quantity: text += GoQuantity(value.string ?? value.int.map(String.init) ?? "").dump
        case .time: text += "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}"
        case .intOrString:
            text +=
                "{Type:(intstr.Type)\(value.string == nil ? 0 : 1) IntVal:(int32)\(value.int ?? 0) "
                + "StrVal:(string)\(value.string ?? "")}"
        }
    }

    private mutating func putList(_ elements: [JSON], _ type: GoType) {
        guard !elements.isEmpty else { return text += "<nil>" }
        text += "["
        for (at, element) in elements.enumerated() {
            if at > 0 { text += " " }
            put(element, type)
        }
        text += "]"
    }

    private mutating func putMap(_ members: JSONObject, _ type: GoType) {
        guard !members.isEmpty else { return text += "<nil>" }
        text += "map["
        let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (at, member) in sorted.enumerated() {
            if at > 0 { text += " " }
            text += member.key + ":"
            put(member.value, type)
        }
        text += "]"
    }

    private mutating func putStruct(_ value: JSON, _ fields: [GoStruct.Field]) {
        text += "{"
        for (at, field) in fields.enumerated() {
            if at > 0 { text += " " }
            text += "\(field.name):(\(field.type.name))"
            put(field.json.isEmpty ? value : value[field.json], field.type)
        }
        text += "}"
    }
}
