import JSON

extension KindTable {
    /// The table of a custom resource: its name, and the columns of its definition; without any, its age.
    static func ofColumns(_ definitions: [JSON]) -> KindTable {
        let age: JSON = ["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"]
        let definitions = definitions.isEmpty ? [age] : definitions
        let columns = definitions.map { column in
            let path = column.text("jsonPath")
            let own = column.text("description")
            return Column(
                column.text("name"), type: column.text("type"), format: column.text("format"),
                priority: column["priority"].int ?? 0,
                own.isEmpty ? "Custom resource definition column (in JSONPath format): \(path)" : own)
        }
        let cells = definitions.map { (path: SimpleJSONPath($0.text("jsonPath")), type: $0.text("type")) }
        return KindTable([Column("Name", format: "name")] + columns) { object, now in
            [object["metadata", "name"]]
                + cells.map { cell in
                    guard let value = cell.path?.values(in: object)?.first else { return .null }
                    return Self.cell(value, cell.type, now)
                }
        }
    }

    /// One value as its column's type shows it; null when it is of another type.
    private static func cell(_ value: JSON, _ type: String, _ now: Double) -> JSON {
        switch (type, value) {
        case ("string", .null): "<no value>"
        case ("string", .array), ("string", .object): .string(GoValue.marshalled(value))
        case ("string", .string): value
        case ("string", _): .string(GoValue.text(value))
        case ("integer", .int): value
        case ("integer", .number):
            value.double.flatMap { Int64(exactly: $0.rounded(.towardZero)) }.map(JSON.int) ?? .null
        case ("number", .int), ("number", .number): value
        case ("boolean", .bool): value
        case ("date", .string(let text)):
            (try? Timestamp(parsing: text)) == nil ? "<invalid>" : .string(AgeText.since(value, now: now))
        default: .null
        }
    }
}
