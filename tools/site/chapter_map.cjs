// Where the boxes and the arrows of a graph go: reads {nodes: {name: [width, height]}, edges: [[from, to]],
// apart: [beside, below]} and writes {width, height, nodes: {name: [x, y]}, edges: [[from, to, [[x, y], ...]]]}.
const dagre = require("@dagrejs/dagre");

const { nodes, edges, apart } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const graph = new dagre.graphlib.Graph();
graph.setGraph({ nodesep: apart[0], edgesep: apart[0], ranksep: apart[1], marginx: 4, marginy: 4 });
graph.setDefaultEdgeLabel(() => ({}));
for (const [name, [width, height]] of Object.entries(nodes)) graph.setNode(name, { width, height });
for (const [from, to] of edges) graph.setEdge(from, to);
dagre.layout(graph);
const { width, height } = graph.graph();
const place = ({ x, y }) => [x, y];
console.log(JSON.stringify({
  width, height,
  nodes: Object.fromEntries(graph.nodes().map((name) => [name, place(graph.node(name))])),
  edges: graph.edges().map(({ v, w }) => [v, w, graph.edge(v, w).points.map(place)]),
}));
