import JSON
import KubeModel

/// One thing that happened to one object.
package struct TimelineEntry: Sendable, Equatable {
    package enum Step: String, Sendable {
        /// Somebody declared how it should be.
        case desired
        /// A component told how it is.
        case observed
        /// A component did something, and says why.
        case did
        /// It is no more.
        case gone
    }

    /// In seconds since 1970.
    package let time: Double
    package let step: Step
    /// The component or program; "" when it isn't known.
    package let by: String
    /// "" for what has none.
    package let namespace: String
    /// `deployment/web`.
    package let object: String
    package let what: String
    /// "" when nobody says.
    package let why: String

    package init(
        time: Double, step: Step, by: String, namespace: String, object: String, what: String, why: String = ""
    ) {
        self.time = time
        self.step = step
        self.by = by
        self.namespace = namespace
        self.object = object
        self.what = what
        self.why = why
    }

    /// `03:19:04.123  observed  kubelet                     pod/web  phase Pending → Running`.
    /// - Parameter showsNamespace: where objects of several are told of.
    package func line(showsNamespace: Bool = false) -> String {
        let clock = Timestamp(time).microText.dropFirst(11).prefix(12)
        let place = showsNamespace && !namespace.isEmpty ? "\(namespace) \(object)" : object
        let reason = why.isEmpty ? "" : ": \(why.replacing("\n", with: " "))"
        return "\(clock)  \(Self.pad(step.rawValue, 8))  \(Self.pad(by, 26))  \(place)  \(what)\(reason)"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    package var json: JSON {
        [
            "time": .string(Timestamp(time).microText), "step": .string(step.rawValue), "by": .string(by),
            "namespace": .string(namespace), "object": .string(object), "what": .string(what), "why": .string(why),
        ]
    }
}

/// A change before it is known whose and when it is.
struct ChangeText: Equatable {
    let step: TimelineEntry.Step
    let what: String
    var why = ""

    init(_ step: TimelineEntry.Step, _ what: String, why: String = "") {
        self.step = step
        self.what = what
        self.why = why
    }
}
