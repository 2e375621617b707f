import JSON

/// Makes `v1` Events as client-go's recorder does.
package enum EventRecord {
    /// Longest name of an event, in bytes: that of a DNS subdomain.
    static let nameLimit = 253

    /// `web.17c3a8f2b4d5e6f7`: the object's name and the time in nanoseconds, in hexadecimal.
    static func name(_ object: String, _ now: Double) -> String {
        let suffix = String(UInt64(max(0, now) * 1e9), radix: 16)
        var head = object
        while head.utf8.count + 1 + suffix.utf8.count > nameLimit { head.removeLast() }
        return "\(head).\(suffix)"
    }

    /// An event about an object, seen once, now.
    ///
    /// - Parameters:
    ///   - object: an `ObjectReference`.
    ///   - type: `Normal` or `Warning`.
    ///   - component: who tells, as `kubectl describe` shows it.
    ///   - now: seconds since 1970.
    package static func event(
        about object: JSON, type: String, reason: String, message: String, component: String, host: String = "",
        now: Double
    ) -> JSON {
        let time: JSON = .string(Timestamp(now).text)
        let namespace = object.text("namespace")
        var source: JSON = ["component": .string(component)]
        if !host.isEmpty { source["host"] = .string(host) }
        return [
            "kind": "Event", "apiVersion": "v1",
            "metadata": [
                "name": .string(name(object.text("name"), now)),
                "namespace": .string(namespace.isEmpty ? "default" : namespace),
            ],
            "involvedObject": object, "reason": .string(reason), "message": .string(message), "source": source,
            "firstTimestamp": time, "lastTimestamp": time, "count": 1, "type": .string(type),
            "eventTime": .null, "reportingComponent": .string(component), "reportingInstance": .string(host),
        ]
    }

    /// What an event says of its object.
    package static func reference(to object: JSON) -> JSON {
        let metadata = object["metadata"]
        var reference: JSON = ["kind": object["kind"]]
        for name in ["namespace", "name", "uid"] where !metadata.text(name).isEmpty { reference[name] = metadata[name] }
        reference["apiVersion"] = object["apiVersion"]
        if !metadata.text("resourceVersion").isEmpty { reference["resourceVersion"] = metadata["resourceVersion"] }
        return reference
    }
}
