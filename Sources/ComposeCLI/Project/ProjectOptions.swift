import CommandLine
import Compose

/// What stands between `compose` and its command: which project, and how progress is shown.
struct ProjectOptions: Sendable {
    var files: [String] = [], environmentFiles: [String] = [], profiles: [String] = []
    var name = "", directory = "", ansi = "auto", progress = ""
    var parallel = -1
    var dryRun = false, compatibility = false, allResources = false, version = false

    static let flags: [Flag<ProjectOptions>] = [
        .toggle("all-resources", \.allResources, "Take resources that no service uses too"),
        .text("ansi", \.ansi, default: "auto", "When to print ANSI control characters (\"never\"|\"always\"|\"auto\")"),
        .toggle("compatibility", \.compatibility, "Name containers as the first Compose did"),
        .toggle("dry-run", \.dryRun, "Tell what would be done, and do nothing"),
        .list("env-file", \.environmentFiles, value: "stringArray", "Another file of variables than .env"),
        .list(
            "file", short: "f", \.files, value: "stringArray", "Compose files; later ones are laid over earlier ones"),
        .int("parallel", \.parallel, default: -1, "Most things to do at the same time; -1: no limit"),
        .list("profile", \.profiles, value: "stringArray", "A profile to enable"),
        .text("progress", \.progress, "How progress is shown (auto, tty, plain, json, quiet)"),
        .text(
            "project-directory", \.directory,
            "Where relative paths start (by default where the first compose file is)"),
        .text("project-name", short: "p", \.name, "Name of the project"),
        Flag("version", short: "v", value: nil, help: "Show the version", isHidden: true) {
            $0.version = try GoValue.bool($1)
        },
    ]

    /// What isn't given on the command line comes from the environment.
    func filled(from environment: [String: String]) throws -> ProjectOptions {
        var own = self
        func flag(_ name: String) -> Bool { environment[name].flatMap { try? GoValue.bool($0) } ?? false }
        if let limit = environment["COMPOSE_PARALLEL_LIMIT"], parallel == -1 {
            guard let number = Int(limit) else {
                throw FlagValueError("COMPOSE_PARALLEL_LIMIT must be an integer (found: \(GoText.quote(limit)))")
            }
            own.parallel = number
        }
        if ansi == "auto", let given = environment["COMPOSE_ANSI"], !given.isEmpty { own.ansi = given }
        own.compatibility = compatibility || flag("COMPOSE_COMPATIBILITY")
        own.dryRun = dryRun || flag("COMPOSE_DRY_RUN")
        return own
    }

    /// Between the parts of containers' names.
    var separator: String { compatibility ? "_" : "-" }
}
