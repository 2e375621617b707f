import JSON

extension KindTable.Column {
    static let name = KindTable.Column("Name", format: "name")
    static let age = KindTable.Column("Age")
}

/// Cells that many kinds print.
extension KindTable {
    static func name(_ object: JSON) -> JSON { object["metadata", "name"] }

    static func age(_ object: JSON, _ now: Double) -> JSON {
        .string(AgeText.since(object["metadata", "creationTimestamp"], now: now))
    }

    /// Names and images of a template's containers, each list joined with commas.
    static func containers(_ template: JSON) -> (names: JSON, images: JSON) {
        let containers = template["spec"].list("containers")
        return (
            .string(containers.map { $0.text("name") }.joined(separator: ",")),
            .string(containers.map { $0.text("image") }.joined(separator: ","))
        )
    }

    /// `a=b,c=d` by key; `<none>` for no labels.
    static func labels(_ map: JSON) -> JSON {
        guard case .object(let members) = map, !members.isEmpty else { return "<none>" }
        return .string(
            members.sortedByKey().map { $0.value.string.map { [name = $0.key] in "\(name)=\($0)" } ?? $0.key }
                .joined(separator: ","))
    }
}
