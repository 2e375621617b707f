import CommandLine
import Compose
import DockerCLI

/// The container of a service that a command is about.
enum OneContainer {
    /// - Parameter index: the container's number; 0: the first.
    static func find(
        _ context: ComposeContext, _ service: String, index: Int = 0, all: Bool = false,
        oneOffs: ProjectAPI.OneOffs = .without
    ) async throws -> ProjectContainer {
        let (_, name) = try await context.projectOrName()
        let containers = try await context.api(name).containers(services: [service], oneOffs: oneOffs, all: all)
            .sorted { ($0.isOneOff ? 1 : 0, $0.number) < ($1.isOneOff ? 1 : 0, $1.number) }
        if index > 0 {
            guard let found = containers.first(where: { $0.number == index && !$0.isOneOff }) else {
                throw Failure("service \(GoText.quote(service)) is not running container #\(index)")
            }
            return found
        }
        guard let first = containers.first else {
            throw Failure("service \(GoText.quote(service)) is not running")
        }
        return first
    }
}
