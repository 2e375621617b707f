import CommandLine
import Compose
import DockerCLI
import JSON

/// What `up` and `create` have in common.
struct CreateOptions: Sendable {
    var build = false, noBuild = false, forceRecreate = false, noRecreate = false, removeOrphans = false
    var quietPull = false, quietBuild = false, recreateDependencies = false, renewsVolumes = false, yes = false
    var pull = "policy"
    var scale: [String] = []
    var timeout: Int?

    func check() throws {
        if build, noBuild { throw Failure("--build and --no-build are incompatible") }
        if renewsVolumes, noRecreate { throw Failure("--no-recreate and --renew-anon-volumes are incompatible") }
        if forceRecreate, noRecreate { throw Failure("--force-recreate and --no-recreate are incompatible") }
        if recreateDependencies, noRecreate {
            throw Failure("--always-recreate-deps and --no-recreate are incompatible")
        }
    }

    /// The project as the flags change it.
    func apply(to project: inout Project) throws {
        if pull != "policy" {
            guard ["always", "missing", "never", "build"].contains(pull) else {
                throw Failure("invalid --pull option \(GoText.quote(pull))")
            }
            for name in project.serviceNames where project.services[name]?.image.isEmpty == false {
                project.services[name]?.json["pull_policy"] = .string(pull)
            }
        }
        for text in scale {
            guard let (name, count) = text.cut("="), !count.isEmpty else {
                throw Failure("invalid --scale option \(GoText.quote(text)). Should be SERVICE=NUM")
            }
            guard let number = Int(count), number >= 0 else {
                throw Failure("strconv.Atoi: parsing \(GoText.quote(count)): invalid syntax")
            }
            guard project.services[name] != nil else { throw ComposeError("no such service: \(name)") }
            project.services[name]?.scale = number
        }
    }

    var settings: Convergence.CreateSettings {
        Convergence.CreateSettings(
            policy: noRecreate ? .never : forceRecreate ? .always : .changed,
            dependenciesPolicy: noRecreate ? .never : recreateDependencies ? .always : .changed,
            inherits: !renewsVolumes, timeout: timeout)
    }
}

/// Options that hold those of a creation.
protocol Creating {
    var create: CreateOptions { get set }
}

extension Flag where Options: Creating & Sendable {
    static var creating: [Flag] {
        [
            .toggle("build", \.create.build, "Build images first"),
            .toggle("force-recreate", \.create.forceRecreate, "Make containers anew though nothing has changed"),
            .toggle("no-build", \.create.noBuild, "Don't build images, even where that is the policy"),
            .toggle("no-recreate", \.create.noRecreate, "Leave containers that exist as they are"),
            .text(
                "pull", \.create.pull, default: "policy",
                "When to pull images (\"always\"|\"missing\"|\"never\"|\"build\")"),
            .toggle("quiet-pull", \.create.quietPull, "Pull without showing progress"),
            .toggle(
                "remove-orphans", \.create.removeOrphans, "Remove containers of services that the files don't have"),
            .list("scale", \.create.scale, value: "scale", "Number of containers of a service: SERVICE=NUM"),
            .toggle("yes", short: "y", \.create.yes, "Answer every question with yes"),
        ]
    }
}
