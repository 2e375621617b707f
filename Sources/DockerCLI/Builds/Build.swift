import BuildClient
import CommandLine

extension CommandTree {
    static func build() -> DockerCommand {
        buildCommand("build", spellings: ["docker image build", "docker build", "docker builder build"])
    }

    /// - Parameter mayBeClassic: whether the user's word and the daemon may choose the builder of before BuildKit.
    static func buildCommand(_ name: String, spellings: [String], mayBeClassic: Bool = true) -> DockerCommand {
        DockerCommand(
            name, group: .common, "Build an image from a Dockerfile", usage: "[OPTIONS] PATH | URL | -",
            spellings: spellings, count: .exactly(1), options: BuildOptions(), flags: BuildOptions.flags,
            completes: .files
        ) { options, parsed, session in
            try await Build(options: options, session: session).run(parsed.arguments[0], mayBeClassic: mayBeClassic)
            return 0
        }
    }

    static func builder() -> DockerCommand {
        DockerCommand(
            "builder", "Manage builds",
            subcommands: [
                build().renamed("build"), buildCacheUsage(), inspectBuilder(), listBuilders(), pruneBuilds(),
            ])
    }
}

/// One `docker build`: by BuildKit's protocol where the daemon has it, else by the classic endpoint.
struct Build: Sendable {
    let options: BuildOptions
    let session: Session

    /// The first API version whose daemons may have BuildKit.
    private static let firstVersion = "1.39"

    func run(_ place: String, mayBeClassic: Bool) async throws {
        if mayBeClassic, try isSwitchedOff() {
            session.err.write(Self.classicIsOld)
            return try await classic(place)
        }
        if DockerClient.isOlder(try await session.client.agreedVersion(), Self.firstVersion) {
            return try await classic(place)
        }
        let daemon: BuildDaemon
        do { daemon = try await session.client.buildDaemon() } catch let error as DaemonError {
            // Such a daemon has one builder, and any word of it is about that path.
            guard mayBeClassic, [404, 405, 501].contains(error.status) else { throw error }
            return try await classic(place)
        }
        defer { daemon.close() }
        do { try await BuildKitBuild(options: options, session: session, daemon: daemon).run(place) } catch {
            throw BuildKitBuild.told(error)
        }
    }

    private func classic(_ place: String) async throws {
        if let flag = options.needsBuildKit {
            throw Failure("the --\(flag) option needs BuildKit, which is switched off or which the daemon hasn't got")
        }
        try await ClassicBuild(options: options, session: session).run(place)
    }

    private func isSwitchedOff() throws -> Bool {
        guard let text = session.environment["DOCKER_BUILDKIT"], !text.isEmpty else { return false }
        do { return try !GoValue.bool(text) } catch {
            throw Failure("DOCKER_BUILDKIT environment variable expects boolean value: \(error)")
        }
    }

    private static let classicIsOld = """
        DEPRECATED: The legacy builder is deprecated and will be removed in a future release.
                    BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0
                    environment-variable.


        """
}

extension DockerClient {
    /// Throws `DaemonError` when the daemon has no BuildKit.
    func buildDaemon() async throws -> BuildDaemon {
        try await BuildDaemon { path, headers in try await upgrade(path, headers) }
    }
}
