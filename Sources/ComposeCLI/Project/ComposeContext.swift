import CommandLine
import Compose
import DockerCLI
import JSON

/// What the commands of one run share.
struct ComposeContext: Sendable {
    let session: Session
    let options: ProjectOptions
    private let warnings: OnceEach

    init(session: Session, options: ProjectOptions) {
        self.session = session
        self.options = options
        warnings = OnceEach(session.err)
    }

    var out: Output { session.out }
    var err: Output { session.err }
    var source: ProjectSource { ProjectSource(options: options, session: session, warnings: warnings) }

    /// Warns on standard error.
    func warn(_ text: String) { warnings.tell(text) }

    /// The project of the files, with the services that were named; throws when there are no files.
    func project(
        _ services: [String] = [], withDependencies: Bool = true, change: (inout LoadRequest) -> Void = { _ in }
    ) async throws -> Project {
        var request = try await source.request()
        change(&request)
        guard !request.files.isEmpty else { throw Failure("no configuration file provided: not found") }
        let project = try Project.load(request, ProjectSource.access)
        return try project.selecting(services, withDependencies: withDependencies)
    }

    /// For commands that need the name alone: the project when there are files, and its name.
    func projectOrName(_ services: [String] = []) async throws -> (Project?, String) {
        var request = try await source.request()
        request.resolvesEnvironment = false
        let isNamed = !options.name.isEmpty || !(session.environment["COMPOSE_PROJECT_NAME"] ?? "").isEmpty
        if options.files.isEmpty, isNamed, request.files.isEmpty { return (nil, request.name) }
        guard !request.files.isEmpty else { throw Failure("no configuration file provided: not found") }
        do {
            let project = try Project.load(request, ProjectSource.access)
            return (try project.selecting(services, withDependencies: false), project.name)
        } catch {
            // A file that doesn't load is no reason not to stop what runs.
            if isNamed, options.files.isEmpty { return (nil, request.name) }
            throw error
        }
    }

    func api(_ name: String) throws -> ProjectAPI { ProjectAPI(client: try session.client, project: name) }
}

/// Commands of compose.
typealias ComposeCommand = Command<ComposeContext>
