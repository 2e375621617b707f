/// Finds a node for every pod.
enum Scheduler {}
