import JSON

/// Event: `v1` and, with other names for the same fields, `events.k8s.io/v1`.
enum EventKind {
    static let core = rules(.core)
    static let events = rules(.events)

    /// The fields' names in one of the two groups.
    private struct Form: Sendable {
        let group: String
        let subject: String, controller: String, message: String, source: String
        let first: String, last: String, count: String
        /// The older form is held to less.
        let isStrict: Bool

        static let core = Form(
            group: "", subject: "involvedObject", controller: "reportingComponent", message: "message",
            source: "source", first: "firstTimestamp", last: "lastTimestamp", count: "count", isStrict: false)
        static let events = Form(
            group: "events.k8s.io", subject: "regarding", controller: "reportingController", message: "note",
            source: "deprecatedSource", first: "deprecatedFirstTimestamp", last: "deprecatedLastTimestamp",
            count: "deprecatedCount", isStrict: true)
    }

    private static func rules(_ form: Form) -> KindRules {
        var rules = KindRules(group: form.group, kind: "Event")
        rules.allowsCreateOnUpdate = true
        rules.validate = { event in
            var faults = Faults()
            checkAny(event, form, &faults)
            if form.isStrict { checkNew(event, form, &faults) }
            return faults.all
        }
        rules.validateUpdate = { new, old in
            var faults = Faults()
            checkAny(new, form, &faults)
            if form.isStrict { checkChange(new, old, form, &faults) }
            return faults.all
        }
        rules.selectableFields = { selectableFields($0, form) }
        rules.table = table(form)
        return rules
    }

    // MARK: Checks

    /// Longest action, reason and reporting instance, in bytes.
    private static let wordLimit = 128
    /// Longest message of an event that has a time of its own, in bytes.
    private static let messageLimit = 1_024

    private static func checkAny(_ event: JSON, _ form: Form, _ faults: inout Faults) {
        let subject = event[form.subject]
        let (own, its) = (event["metadata"].text("namespace"), subject.text("namespace"))
        let path = FieldPath("involvedObject.namespace")
        let isOld = event.text("eventTime").isEmpty
        let mismatch =
            its.isEmpty ? own != "default" && (isOld ? !own.isEmpty : own != "kube-system") : isOld && own != its
        if mismatch { faults.invalid(path, .string(its), "does not match event.namespace") }
        if !isOld { checkWords(event, form, &faults) }
        checkScope(subject, path, &faults)
        faults.check(own, FieldPath("namespace"), Names.dnsSubdomain)
    }

    private static func checkWords(_ event: JSON, _ form: Form, _ faults: inout Faults) {
        let controller = event.text(form.controller)
        if controller.isEmpty { faults.required(FieldPath(form.controller)) }
        faults.check(controller, FieldPath(form.controller), Names.qualifiedName)
        let words = [("reportingInstance", "repotingIntance"), ("action", "action"), ("reason", "reason")]
        for (name, pathOfLength) in words {
            let text = event.text(name)
            if text.isEmpty { faults.required(FieldPath(name)) }
            checkLength(text, FieldPath(pathOfLength), wordLimit, &faults)
        }
        checkLength(event.text(form.message), FieldPath("message"), messageLimit, &faults)
    }

    private static func checkLength(_ text: String, _ path: FieldPath, _ limit: Int, _ faults: inout Faults) {
        if text.utf8.count > limit { faults.invalid(path, "", "can have at most \(limit) characters") }
    }

    /// Kinds of the core group that stand outside of namespaces.
    private static let clusterKinds: Set<String> = ["Node", "Namespace", "PersistentVolume"]
    private static let namespacedKinds: Set<String> = [
        "Pod", "Service", "Endpoints", "ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim",
        "ReplicationController", "ResourceQuota", "LimitRange", "PodTemplate", "Event",
    ]

    private static func checkScope(_ subject: JSON, _ path: FieldPath, _ faults: inout Faults) {
        guard subject.text("apiVersion") == "v1" else { return }
        let (kind, namespace) = (subject.text("kind"), subject.text("namespace"))
        if namespacedKinds.contains(kind), namespace.isEmpty {
            faults.required(path, "required for kind \(kind)")
        } else if clusterKinds.contains(kind), !namespace.isEmpty {
            faults.invalid(path, .string(namespace), "not allowed for kind \(kind)")
        }
    }

    private static func checkNew(_ event: JSON, _ form: Form, _ faults: inout Faults) {
        if event.text("eventTime").isEmpty { faults.required(FieldPath("eventTime")) }
        let type = event.text("type")
        if type != "Normal", type != "Warning" {
            faults.invalid(FieldPath("type"), "", "has invalid value: \(type)")
        }
        checkSeries(event["series"], &faults)
        for (name, path) in [(form.first, "firstTimestamp"), (form.last, "lastTimestamp")] {
            if !event.text(name).isEmpty { faults.invalid(FieldPath(path), "", "needs to be unset") }
        }
        if (event[form.count].int ?? 0) != 0 { faults.invalid(FieldPath("count"), "", "needs to be unset") }
        let source = event[form.source]
        if !source.text("component").isEmpty || !source.text("host").isEmpty {
            faults.invalid(FieldPath("source"), "", "needs to be unset")
        }
    }

    private static func checkSeries(_ series: JSON, _ faults: inout Faults) {
        guard case .object = series else { return }
        if (series["count"].int ?? 0) < 2 {
            faults.invalid(FieldPath("series.count"), "", "should be at least 2")
        }
        if series.text("lastObservedTime").isEmpty { faults.required(FieldPath("series.lastObservedTime")) }
    }

    private static func checkChange(_ new: JSON, _ old: JSON, _ form: Form, _ faults: inout Faults) {
        if !new["series"].isAlike(old["series"]) { checkSeries(new["series"], &faults) }
        let fixed = [
            (form.subject, "involvedObject"), ("reason", "reason"), (form.message, "message"),
            (form.source, "source"), (form.first, "firstTimestamp"), (form.last, "lastTimestamp"),
            (form.count, "count"), ("type", "type"), ("eventTime", "eventTime"), ("action", "action"),
            ("related", "related"), (form.controller, "reportingController"),
            ("reportingInstance", "reportingInstance"),
        ]
        for (name, path) in fixed { faults.checkUnchanged(new[name], old[name], FieldPath(path)) }
    }

    // MARK: Views

    private static func selectableFields(_ event: JSON, _ form: Form) -> [String: String] {
        var fields: [String: String] = [:]
        let subject = event[form.subject]
        for name in ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] {
            fields["\(form.subject).\(name)"] = subject.text(name)
        }
        let controller = event.text(form.controller)
        let component = event[form.source].text("component")
        fields["reason"] = event.text("reason")
        fields[form.controller] = controller
        fields["source"] = component.isEmpty ? controller : component
        fields["type"] = event.text("type")
        return fields
    }

    private static func table(_ form: Form) -> KindTable {
        let columns: [KindTable.Column] = [
            .init("Last Seen"), .init("Type"), .init("Reason"), .init("Object"), .init("Subobject", priority: 1),
            .init("Source", priority: 1), .init("Message"), .init("First Seen", priority: 1),
            .init("Count", priority: 1), .init("Name", priority: 1),
        ]
        return KindTable(columns) { event, now in
            let subject = event[form.subject]
            let first = AgeText.since(time(event, [form.first, "eventTime"]), now: now)
            var last = event.has(form.last) ? AgeText.since(event[form.last], now: now) : first
            var count = event[form.count].int ?? 0
            if case .object = event["series"] {
                last = AgeText.since(event["series", "lastObservedTime"], now: now)
                count = event["series", "count"].int ?? 0
            } else if count == 0 {
                count = 1
            }
            let (kind, name) = (subject.text("kind").lowercased(), subject.text("name"))
            return [
                .string(last), .string(event.text("type")), .string(event.text("reason")),
                .string(name.isEmpty ? kind : "\(kind)/\(name)"), .string(subject.text("fieldPath")),
                .string(origin(event, form)), .string(trimmed(event.text(form.message))), .string(first),
                .init(count), KindTable.name(event),
            ]
        }
    }

    private static func time(_ event: JSON, _ names: [String]) -> JSON {
        names.lazy.map { event[$0] }.first { !($0.string ?? "").isEmpty } ?? .null
    }

    /// Who saw it: the component and where it runs.
    private static func origin(_ event: JSON, _ form: Form) -> String {
        let source = event[form.source]
        func either(_ a: String, _ b: String) -> String { a.isEmpty ? b : a }
        let component = either(source.text("component"), event.text(form.controller))
        let instance = either(source.text("host"), event.text("reportingInstance"))
        return instance.isEmpty ? component : "\(component), \(instance)"
    }

    private static func trimmed(_ text: String) -> String {
        guard text.first?.isWhitespace == true || text.last?.isWhitespace == true else { return text }
        return String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
