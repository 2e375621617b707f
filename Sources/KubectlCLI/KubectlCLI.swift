/// The kubectl command line: one file a verb.
enum KubectlCLI {}
