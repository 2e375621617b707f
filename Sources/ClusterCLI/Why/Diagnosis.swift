import JSON

/// What keeps an object from being as it should, and the smallest change that would help.
package struct Diagnosis: Sendable, Equatable {
    /// The kind of fault, for programs.
    package enum Cause: String, Sendable {
        case none, unknown, image, configuration, volume, crash, outOfMemory, liveness, startup, readiness, waiting
        case scheduling, resources, antiAffinity, evicted, finished, terminating, selector, noReadyEndpoints, ports
        case rollout, quota, paused, disruptionBudget, nodeNotReady, cordoned, tainted, pressure
        case schedule

        var isWell: Bool { self == .none || self == .finished }
    }

    /// Why one node doesn't take the pod.
    package struct NodeVerdict: Sendable, Equatable {
        package let node: String
        package let reason: String
    }

    /// `pod/web`.
    package let object: String
    package let cause: Cause
    /// What is wrong, in sentences.
    package let finding: String
    package let nodes: [NodeVerdict]
    /// What to change, in a sentence; "" when nothing is to be done.
    package let fix: String
    /// A command that does it; "" when it takes more than one knows here.
    package let command: String

    package init(
        _ object: String, _ cause: Cause, _ finding: String, nodes: [NodeVerdict] = [], fix: String = "",
        command: String = ""
    ) {
        self.object = object
        self.cause = cause
        self.finding = finding
        self.nodes = nodes
        self.fix = fix
        self.command = command
    }

    package var isWell: Bool { cause.isWell }

    /// One paragraph, a line for each node where it is about nodes, and the command by itself.
    package var text: String {
        var text = fix.isEmpty ? finding : "\(finding) \(fix)"
        let width = nodes.map(\.node.count).max() ?? 0
        for verdict in nodes {
            let gap = String(repeating: " ", count: width - verdict.node.count)
            text += "\n  \(verdict.node):\(gap) \(verdict.reason)"
        }
        if !command.isEmpty { text += "\n\n    \(command)" }
        return text + "\n"
    }

    package var json: JSON {
        [
            "object": .string(object), "cause": .string(cause.rawValue), "finding": .string(finding),
            "nodes": .array(nodes.map { ["node": .string($0.node), "reason": .string($0.reason)] }),
            "fix": .string(fix), "command": .string(command),
        ]
    }
}

/// The parts of a diagnosis before it is known whose it is.
struct Finding {
    let cause: Diagnosis.Cause
    let text: String
    var nodes: [Diagnosis.NodeVerdict] = []
    var fix = ""
    var command = ""

    var isWell: Bool { cause.isWell }

    init(
        _ cause: Diagnosis.Cause, _ text: String, nodes: [Diagnosis.NodeVerdict] = [], fix: String = "",
        command: String = ""
    ) {
        self.cause = cause
        self.text = text
        self.nodes = nodes
        self.fix = fix
        self.command = command
    }
}
