import JSON

/// Event: `v1` and, with other names for the same fields, `events.k8s.io/v1`.
enum EventKind {
    static let core = rules(.core)
    static let events = rules(.events)

    /// What differs between the two groups.
    private struct Form: Sendable {
        let group: String
        /// Names in messages and field selectors.
        let subject: String, controller: String
        /// The older form is held to less.
        let isStrict: Bool

        static let core = Form(
            group: "", subject: "involvedObject", controller: "reportingComponent", isStrict: false)
        static let events = Form(
            group: "events.k8s.io", subject: "regarding", controller: "reportingController", isStrict: true)
    }

    /// A field that has a name in each group, under whichever the event has it: it may come in either form.
    private enum Twin: String {
        case subject = "involvedObject regarding"
        case controller = "reportingComponent reportingController"
        case message = "message note"
        case source = "source deprecatedSource"
        case first = "firstTimestamp deprecatedFirstTimestamp"
        case last = "lastTimestamp deprecatedLastTimestamp"
        case count = "count deprecatedCount"
    }

    private static func value(_ twin: Twin, _ event: JSON) -> JSON {
        let names = twin.rawValue.split(separator: " ")
        return names.lazy.map { event[String($0)] }.first { !$0.isNull } ?? .null
    }

    private static func text(_ twin: Twin, _ event: JSON) -> String { value(twin, event).string ?? "" }

    private static func rules(_ form: Form) -> KindRules {
        var rules = KindRules(group: form.group, kind: "Event")
        rules.dependents = .none
        rules.allowsCreateOnUpdate = true
        // Names of old may hold anything that a path can.
        rules.nameRule = form.isStrict ? .dnsSubdomain : .pathSegment
        rules.validate = { event in
            var faults = Faults()
            checkAny(event, form, &faults)
            if form.isStrict { checkNew(event, &faults) }
            return faults.all
        }
        rules.validateUpdate = { new, old in
            var faults = Faults()
            checkAny(new, form, &faults)
            if form.isStrict { checkChange(new, old, &faults) }
            return faults.all
        }
        rules.selectableFields = { selectableFields($0, form) }
        rules.table = table
        return rules
    }

    // MARK: Checks

    /// Longest action, reason and reporting instance, in bytes.
    private static let wordLimit = 128
    /// Longest message of an event that has a time of its own, in bytes.
    private static let messageLimit = 1_024

    private static func checkAny(_ event: JSON, _ form: Form, _ faults: inout Faults) {
        let subject = value(.subject, event)
        let (own, its) = (event["metadata"].text("namespace"), subject.text("namespace"))
        let path = FieldPath("involvedObject.namespace")
        let isOld = event.text("eventTime").isEmpty
        let mismatch =
            its.isEmpty ? own != "default" && (isOld ? !own.isEmpty : own != "kube-system") : isOld && own != its
        if mismatch { faults.invalid(path, .string(its), "does not match event.namespace") }
        if !isOld { checkWords(event, form, &faults) }
        faults.check(own, FieldPath("namespace"), Names.dnsSubdomain)
    }

    private static func checkWords(_ event: JSON, _ form: Form, _ faults: inout Faults) {
        let controller = text(.controller, event)
        if controller.isEmpty { faults.required(FieldPath(form.controller)) }
        faults.check(controller, FieldPath(form.controller), Names.qualifiedName)
        let words = [("reportingInstance", "repotingIntance"), ("action", "action"), ("reason", "reason")]
        for (name, pathOfLength) in words {
            let text = event.text(name)
            if text.isEmpty { faults.required(FieldPath(name)) }
            checkLength(text, FieldPath(pathOfLength), wordLimit, &faults)
        }
        checkLength(text(.message, event), FieldPath("message"), messageLimit, &faults)
    }

    private static func checkLength(_ text: String, _ path: FieldPath, _ limit: Int, _ faults: inout Faults) {
        if text.utf8.count > limit { faults.invalid(path, "", "can have at most \(limit) characters") }
    }

    private static func checkNew(_ event: JSON, _ faults: inout Faults) {
        if event.text("eventTime").isEmpty { faults.required(FieldPath("eventTime")) }
        let type = event.text("type")
        if type != "Normal", type != "Warning" {
            faults.invalid(FieldPath("type"), "", "has invalid value: \(type)")
        }
        checkSeries(event["series"], &faults)
        for (twin, path) in [(Twin.first, "firstTimestamp"), (.last, "lastTimestamp")]
        where !text(twin, event).isEmpty {
            faults.invalid(FieldPath(path), "", "needs to be unset")
        }
        if (value(.count, event).int ?? 0) != 0 { faults.invalid(FieldPath("count"), "", "needs to be unset") }
        let source = value(.source, event)
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

    /// Those that are structs.
    private static let forms = ["involvedObject": "core.v1.ObjectReference", "source": "core.v1.EventSource"]

    private static func checkChange(_ new: JSON, _ old: JSON, _ faults: inout Faults) {
        if !new["series"].isAlike(old["series"]) { checkSeries(new["series"], &faults) }
        let twins: [(Twin, String)] = [
            (.subject, "involvedObject"), (.message, "message"), (.source, "source"), (.first, "firstTimestamp"),
            (.last, "lastTimestamp"), (.count, "count"), (.controller, "reportingController"),
        ]
        for (twin, path) in twins {
            let (now, before) = (value(twin, new), value(twin, old))
            guard let form = forms[path] else {
                faults.checkUnchanged(now, before, FieldPath(path))
                continue
            }
            faults.add(SpecFaults.changedStruct(now, before, FieldPath(path), form))
        }
        for name in ["reason", "type", "action", "reportingInstance"] {
            faults.checkUnchanged(.string(new.text(name)), .string(old.text(name)), FieldPath(name))
        }
        for name in ["eventTime", "related"] { faults.checkUnchanged(new[name], old[name], FieldPath(name)) }
    }

    // MARK: Views

    private static func selectableFields(_ event: JSON, _ form: Form) -> [String: String] {
        var fields: [String: String] = [:]
        let subject = value(.subject, event)
        for name in ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] {
            fields["\(form.subject).\(name)"] = subject.text(name)
        }
        let controller = text(.controller, event)
        let component = value(.source, event).text("component")
        fields["reason"] = event.text("reason")
        fields[form.controller] = controller
        fields["source"] = component.isEmpty ? controller : component
        fields["type"] = event.text("type")
        return fields
    }

    private static let table: KindTable = {
        let columns: [KindTable.Column] = [
            .init("Last Seen"), .init("Type"), .init("Reason"), .init("Object"), .init("Subobject", priority: 1),
            .init("Source", priority: 1), .init("Message"), .init("First Seen", priority: 1),
            .init("Count", priority: 1), .init("Name", priority: 1),
        ]
        return KindTable(columns) { event, now in
            let subject = value(.subject, event)
            let begin = value(.first, event)
            let first = AgeText.since(begin.isNull ? event["eventTime"] : begin, now: now)
            let end = value(.last, event)
            var last = end.isNull ? first : AgeText.since(end, now: now)
            var count = value(.count, event).int ?? 0
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
                .string(origin(event)), .string(trimmed(text(.message, event))), .string(first),
                .init(count), KindTable.Cell.name(event),
            ]
        }
    }()

    /// Who saw it: the component and where it runs.
    private static func origin(_ event: JSON) -> String {
        let source = value(.source, event)
        func either(_ a: String, _ b: String) -> String { a.isEmpty ? b : a }
        let component = either(source.text("component"), text(.controller, event))
        let instance = either(source.text("host"), event.text("reportingInstance"))
        return instance.isEmpty ? component : "\(component), \(instance)"
    }

    private static func trimmed(_ text: String) -> String {
        guard text.first?.isWhitespace == true || text.last?.isWhitespace == true else { return text }
        return String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
