import CLinux
import DockerModel
import JSON
import NIOConcurrencyHelpers

/// One thing that happened, as `docker events` shows it.
package struct Event: Sendable, Equatable {
    package enum Subject: String, Sendable { case container, image, network, volume, daemon, builder }

    package let subject: Subject
    /// Docker's word: `create`, `start`, `die`, `health_status: healthy`, …
    package let action: String
    /// The ID or name of what it happened to.
    package let actor: String
    package let attributes: [String: String]
    /// Nanoseconds since the epoch.
    package let time: Int64

    package init(_ subject: Subject, _ action: String, actor: String, attributes: [String: String], time: Int64) {
        self.subject = subject
        self.action = action
        self.actor = actor
        self.attributes = attributes
        self.time = time
    }

    /// Engine API, EventMessage, with the older members that clients still read.
    package var json: JSON {
        var json: JSON = [:]
        if subject == .container || subject == .image {
            json["status"] = .string(action)
            json["id"] = .string(actor)
            if subject == .container, let image = attributes["image"] { json["from"] = .string(image) }
        }
        json["Type"] = .string(subject.rawValue)
        json["Action"] = .string(action)
        json["Actor"] = ["ID": .string(actor), "Attributes": JSON(attributes)]
        json["scope"] = "local"
        json["time"] = .int(time / 1_000_000_000)
        json["timeNano"] = .int(time)
        return json
    }
}

/// Recent events and who listens. A listener that doesn't read loses the oldest rather than hold up the engine.
package final class EventBus: Sendable {
    /// Events kept for `since`; dockerd keeps as many.
    static let kept = 256
    /// Events that wait for one slow listener.
    static let queued = 4_096

    private struct State {
        var ring: [Event] = []
        var listeners: [Int: AsyncStream<Event>.Continuation] = [:]
        var nextID = 0
    }
    private let state = NIOLockedValueBox(State())

    package init() {}

    var listenerCount: Int { state.withLockedValue { $0.listeners.count } }

    package func publish(_ event: Event) {
        state.withLockedValue { state in
            state.ring.append(event)
            if state.ring.count > Self.kept { state.ring.removeFirst() }
            for listener in state.listeners.values { listener.yield(event) }
        }
    }

    /// What is remembered, then what happens until the stream's reader goes away; nothing is missed or doubled in between.
    package func subscribe() -> (past: [Event], stream: AsyncStream<Event>) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(Self.queued))
        let (past, id) = state.withLockedValue { state in
            state.nextID += 1
            state.listeners[state.nextID] = continuation
            return (state.ring, state.nextID)
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLockedValue { _ = $0.listeners.removeValue(forKey: id) }
        }
        return (past, stream)
    }
}

/// Nanoseconds since the epoch (CLOCK_REALTIME).
package func nowNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

extension Engine {
    /// Tells listeners what happened, now.
    package func publish(_ subject: Event.Subject, _ action: String, actor: String, attributes: [String: String] = [:])
    {
        events.publish(Event(subject, action, actor: actor, attributes: attributes, time: nowNanoseconds()))
    }

    /// A container's event with Docker's attributes: its labels, image and name, and what the action adds.
    package func publish(_ action: String, _ container: ContainerRecord, _ more: [String: String] = [:]) {
        var attributes = container.config["Labels"].stringMap
        attributes["image"] = container.config["Image"].string ?? ""
        attributes["name"] = container.name
        attributes.merge(more) { $1 }
        publish(.container, action, actor: container.id, attributes: attributes)
    }
}
