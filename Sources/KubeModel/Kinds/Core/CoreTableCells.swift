import JSON

extension KindTable.Cell {
    /// `a=b,c=d` by key; `<none>` for no labels.
    static func labels(_ map: JSON) -> JSON {
        guard case .object(let members) = map, !members.isEmpty else { return "<none>" }
        return .string(
            members.sortedByKey().map { $0.value.string.map { [name = $0.key] in "\(name)=\($0)" } ?? $0.key }
                .joined(separator: ","))
    }
}
