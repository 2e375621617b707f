import JSON
import KubeModel
import KubeStorage

/// The label and field selectors of a list or watch, for one kind.
struct ObjectSelector: Sendable {
    private let labels: LabelSelector
    private let fields: FieldSelector
    private let rules: KindRules

    init(_ query: QueryOptions, _ rules: KindRules) throws(APIStatus) {
        self.rules = rules
        do {
            labels = try LabelSelector(parsing: query.labelSelector)
            fields = try FieldSelector(parsing: query.fieldSelector)
            if !fields.isEmpty { try fields.check(extra: rules.selectableFields(.null).keys) }
        } catch {
            throw .badRequest(error.description)
        }
    }

    var isEverything: Bool { labels.isEmpty && fields.isEmpty }

    func matches(_ object: JSON) -> Bool {
        if !labels.isEmpty, !labels.matches(object["metadata"]["labels"]) { return false }
        if fields.isEmpty { return true }
        let own = rules.selectableFields(object)
        return fields.matches { field in
            switch field {
            case "metadata.name": object["metadata"]["name"].string ?? ""
            case "metadata.namespace": object["metadata"]["namespace"].string ?? ""
            default: own[field] ?? ""
            }
        }
    }

    func matches(_ value: StoredValue, _ served: ServedResource) throws(APIStatus) -> Bool {
        matches(try ObjectStore.decode(value))
    }
}
