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
        labels = try LabelSelector(parsing: query.labelSelector)
        fields = try FieldSelector(parsing: query.fieldSelector)
    }

    var isEverything: Bool { labels.isEmpty && fields.isEmpty }

    func matches(_ object: JSON) -> Bool {
        if !labels.isEmpty, !labels.matches(object["metadata"]["labels"].stringMap) { return false }
        if fields.isEmpty { return true }
        var known = rules.selectableFields(object)
        known["metadata.name"] = object["metadata"]["name"].string ?? ""
        known["metadata.namespace"] = object["metadata"]["namespace"].string ?? ""
        return fields.matches(known)
    }

    func matches(_ value: StoredValue, _ served: ServedResource) throws(APIStatus) -> Bool {
        matches(try ObjectStore.decode(value))
    }
}
