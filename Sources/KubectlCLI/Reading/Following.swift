import Fault
import JSON
import KubeClient
import KubeModel
import NIOHTTP1
import Wire

/// One object as it is and as it changes.
struct Following: Sendable {
    let session: Session

    enum State: Sendable {
        case there(JSON)
        case gone
    }

    struct OutOfTime: Error {}

    /// Calls `decide` with the object now and after each change until it gives something.
    /// - Parameter seconds: after which `OutOfTime` is thrown; nil: never.
    func until<Result: Sendable>(
        _ item: Item, within seconds: Double?, _ decide: @escaping @Sendable (State) throws -> Result?
    ) async throws -> Result {
        guard let seconds else { return try await follow(item, decide) }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await follow(item, decide) }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw OutOfTime()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw OutOfTime() }
            return first
        }
    }

    private func follow<Result: Sendable>(_ item: Item, _ decide: @Sendable (State) throws -> Result?) async throws
        -> Result
    {
        let selector = ("fieldSelector", "metadata.name=\(item.name)")
        let connection = try session.connection
        while true {
            try Task.checkCancellation()
            let list = try await connection.json(.GET, item.folder, [selector])
            let object = list["items"].array?.first
            if let done = try decide(object.map { .there(Self.whole($0, item.resource)) } ?? .gone) { return done }
            let version = list["metadata"]["resourceVersion"].string ?? "0"
            let answer = try await connection.accepted(
                try await connection.send(
                    .GET, item.folder, [selector, ("watch", "true"), ("resourceVersion", version)],
                    headers: [("Accept", "application/json")]))
            let found = try await withTaskCancellationHandler {
                try await changes(connection.lines(answer), item, decide)
            } onCancel: {
                answer.cancel()
            }
            answer.cancel()
            if let found { return found }
        }
    }

    private func changes<Result: Sendable>(
        _ lines: AsyncThrowingStream<[JSON], any Error>, _ item: Item, _ decide: @Sendable (State) throws -> Result?
    ) async throws -> Result? {
        for try await batch in lines {
            for event in batch {
                let done: Result? =
                    switch event["type"].string {
                    case "ADDED", "MODIFIED": try decide(.there(event["object"]))
                    case "DELETED": try decide(.gone)
                    default: nil
                    }
                if let done { return done }
            }
        }
        return nil
    }

    /// Items of a list leave out their kind.
    static func whole(_ object: JSON, _ resource: ServedResource) -> JSON {
        guard object["kind"].isNull || object["apiVersion"].isNull else { return object }
        var whole: JSON = ["apiVersion": .string(resource.apiVersion), "kind": .string(resource.kind)]
        for (name, value) in object.object ?? JSONObject() { whole[name] = value }
        return whole
    }
}
