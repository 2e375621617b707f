import BuildClient
import BuildProtocol
import CommandLine
import NIOConcurrencyHelpers

/// Builds that run side by side, each when those that it needs are over, told of on one display.
package struct BuildGroup: Sendable {
    package struct Item: Sendable {
        package var name: String
        /// Arguments of `docker build`.
        package var words: [String]
        /// Names of others whose images it takes.
        package var needs: Set<String>
        /// Where it runs: its streams and variables.
        package var session: Session

        package init(name: String, words: [String], needs: Set<String> = [], session: Session) {
            self.name = name
            self.words = words
            self.needs = needs
            self.session = session
        }
    }

    private let items: [Item]
    private let style: ProgressStyle
    private let titled: Bool

    /// - Parameters:
    ///   - items: none needs one that stands behind it.
    ///   - style: how progress is shown (`auto`, `plain`, …).
    ///   - titled: the display begins with the builder's name.
    package init(_ items: [Item], style: String, titled: Bool) throws {
        guard let style = ProgressStyle(rawValue: style) else { throw Failure("invalid progress mode \(style)") }
        self.items = items
        self.style = style
        self.titled = titled
    }

    /// The first that fails ends the others; its sentence is thrown with its name in front.
    /// - Parameter out: where progress is shown.
    package func run(on out: Output) async throws {
        guard let session = items.first?.session else { return }
        let desk = ProgressDesk(
            style.chosen(for: out), on: out, builder: titled ? (session.contextName, "docker") : nil,
            hasColours: (session.environment["NO_COLOR"] ?? "").isEmpty)
        let excerpts = NIOLockedValueBox("")
        await desk.begin()
        let result: Result<Void, any Error>
        do {
            try await runAll(desk, excerpts)
            result = .success(())
        } catch { result = .failure(error) }
        await desk.end()
        out.write(excerpts.withLockedValue { $0 })
        try result.get()
    }

    private func runAll(_ desk: ProgressDesk, _ excerpts: NIOLockedValueBox<String>) async throws {
        let latches = Dictionary(uniqueKeysWithValues: items.map { ($0.name, Turn()) })
        let isMany = items.count > 1
        try await withThrowingTaskGroup(of: Void.self) { group in
            for item in items {
                group.addTask {
                    for name in item.needs.sorted() { try await latches[name]?.wait() }
                    var session = item.session
                    session.display = BuildDisplay(desk: desk, prefix: isMany ? item.name : nil, excerpts: excerpts)
                    try await Self.build(item, session)
                    await latches[item.name]?.open()
                }
            }
            try await group.waitForAll()
        }
    }

    private static func build(_ item: Item, _ session: Session) async throws {
        do {
            let code = try await session.docker(["build"] + item.words)
            guard code == 0 else { throw Failure("the build failed", exitCode: code) }
        } catch {
            if error is CancellationError { throw error }
            let plain = ["ERROR: ", "failed to build: "].reduce("\(error)") {
                $0.hasPrefix($1) ? String($0.dropFirst($1.count)) : $0
            }
            throw Failure("target \(item.name): \(plain)", exitCode: 1)
        }
    }
}

/// Opens once; who waits when its task is cancelled goes on with that.
private actor Turn {
    private var isOpen = false
    private var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
    private var next = 0

    func open() {
        isOpen = true
        for continuation in waiting.values { continuation.resume() }
        waiting = [:]
    }

    func wait() async throws {
        if isOpen { return }
        let number = next
        next += 1
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                waiting[number] = continuation
            }
        } onCancel: {
            Task { await self.leave(number) }
        }
    }

    private func leave(_ number: Int) {
        waiting.removeValue(forKey: number)?.resume(throwing: CancellationError())
    }
}

/// One build's part of a display that several share.
package struct BuildDisplay: Sendable {
    let desk: ProgressDesk
    /// In front of its steps' names; nil: it is the only one.
    let prefix: String?
    /// What failed builds show of their Dockerfiles, for when the display has ended.
    let excerpts: NIOLockedValueBox<String>

    func add(_ excerpts: String) { self.excerpts.withLockedValue { $0 += excerpts } }

    func hear(_ status: BuildStatus) async {
        guard let prefix else { return await desk.hear(status) }
        var status = status
        for index in status.vertexes.indices {
            let name = status.vertexes[index].name
            status.vertexes[index].name =
                name.hasPrefix("[") ? "[\(prefix) \(name.dropFirst())" : "[\(prefix)] \(name)"
        }
        await desk.hear(status)
    }
}
