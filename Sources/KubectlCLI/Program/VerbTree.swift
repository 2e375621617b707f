import CommandLine

/// All verbs, in the order in which help lists them.
enum VerbTree {
    static func all() -> [Verb] {
        [
            create(), expose(), run(), set(), explain(), get(), edit(), delete(), rollout(), scale(), autoscale(),
            certificate(), clusterInfo(), top(), cordon(), uncordon(), drain(), taint(), describe(), logs(), attach(),
            exec(), portForward(), proxy(), cp(), auth(), debug(), events(), diff(), apply(), patch(), replace(),
            wait(), kustomize(),
            label(), annotate(), completion(), apiResources(), apiVersions(), config(), plugin(), version(), options(),
            complete(),
        ]
    }

    static func verb(_ word: String) -> Verb? {
        all().first { $0.name == word || $0.aliases.contains(word) }
    }

    static var names: [String] { all().filter { $0.group != .hidden }.map(\.name) }

    static func options() -> Verb {
        Verb(
            "options", group: .hidden, "Print the list of flags inherited by all commands", usage: "options",
            options: 0,
            flagAdvice: "Run 'kubectl options' without flags."
        ) {
            _, _, session in
            session.out.write(
                "The following options can be passed to any command:\n\n"
                    + HelpText.flags(GlobalOptions.flags.map(\.shape)) + "\n")
        }
    }
}
