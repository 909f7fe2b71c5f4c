# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The GLSL programs, one for each kind of surface, so that each runs only what it needs."""

_BLOCKS = """
#version 330
layout(std140) uniform Frame {
    mat4 view_projection;
    mat4 rays;              // from the corners of the image to directions
    mat4 shadow_projection;
    mat4 projector;         // of the infrared dots
    vec4 eye;               // w: softness of shadows
    vec4 light;             // w: 1 for a place, 0 for a direction
    vec4 light_colour;      // w: how fast it falls off
    vec4 ambient_above;     // w: how dark corners get
    vec4 ambient_below;     // w: brightness of the dots
    vec4 room_low;
    vec4 room_high;
    vec4 horizon;           // w: haze a metre
    vec4 zenith;            // w: clouds
    vec4 window;            // direction of a bright window in reflections; w: brightness
    vec4 clip;              // plane; nothing behind it is drawn
    vec4 screen;            // width, height; z: how far shadows start off the surface, metres
};
layout(std140) uniform Thing {
    mat4 model;
    vec4 colour_a;          // w: layer
    vec4 colour_b;          // w: repetitions a metre
    vec4 colour_c;          // w: contrast
    vec4 placing;           // cosine, sine, offset
    vec4 tile;              // width, height, joint, shift
    vec4 finish;            // gloss, shininess, reflection, opacity
    vec4 checked;
};
"""

VERTEX = (
    _BLOCKS
    + """
in vec3 position;
in vec3 normal;
in vec2 coordinate;
out vec3 place;
out vec3 facing;
out vec2 texel;
void main() {
    vec4 world = model * vec4(position, 1);
    place = world.xyz;
    facing = mat3(model) * normal;
    texel = coordinate;
    gl_ClipDistance[0] = dot(world, clip);
    gl_Position = view_projection * world;
}
"""
)

DEPTH_VERTEX = (
    _BLOCKS
    + """
in vec3 position;
void main() {
    gl_Position = view_projection * model * vec4(position, 1);
}
"""
)

DEPTH_FRAGMENT = """
#version 330
void main() {}
"""

_SKY = """
uniform sampler2DArray patterns;
vec3 sky(vec3 direction) {
    vec3 colour = mix(horizon.rgb, zenith.rgb, smoothstep(-0.05, 0.7, direction.y));
    vec2 overhead = direction.xz / (0.25 + abs(direction.y));
    float cloud = texture(patterns, vec3(overhead * 0.23, 0)).r;
    return mix(colour, vec3(0.95), zenith.w * smoothstep(0.45, 0.8, cloud));
}
"""

SKY_VERTEX = (
    _BLOCKS
    + """
in vec2 corner;
out vec3 direction;
void main() {
    direction = (rays * vec4(corner, 1, 0)).xyz;
    gl_Position = vec4(corner, 1, 1);
}
"""
)

SKY_FRAGMENT = (
    _BLOCKS
    + _SKY
    + """
in vec3 direction;
out vec4 colour;
void main() {
    colour = vec4(sky(normalize(direction)), 1);
}
"""
)

_ALBEDO = {
    'plain': """
vec3 albedo(vec2 at) {
    float grain = texture(patterns, vec3(at * colour_b.w, colour_a.w)).r - 0.5;
    return colour_a.rgb * (1 + 2 * colour_c.w * grain);
}
""",
    'pattern': """
vec3 albedo(vec2 at) {
    at *= colour_b.w;
    float coarse = texture(patterns, vec3(at, colour_a.w)).r;
    float fine = texture(patterns, vec3(at.yx * 4.7, mod(colour_a.w + 7, 24))).r;
    float finest = texture(patterns, vec3(at * 17.3, mod(colour_a.w + 1, 24))).r;
    float grain = 0.55 * coarse + 0.3 * fine + 0.15 * finest;
    float share = clamp((grain - 0.5) * 2.2 * colour_c.w + 0.5, 0, 1);
    vec3 colour = mix(colour_a.rgb, colour_b.rgb, share);
    return mix(colour, colour_c.rgb, smoothstep(0.62, 0.8, fine) * 0.6 * min(colour_c.w, 1));
}
""",
    'grain': """
vec3 albedo(vec2 at) {
    // Along x, everything is stretched: veins of wood, threads of cloth, brushed metal.
    at *= colour_b.w;
    float bend = texture(patterns, vec3(at * vec2(0.06, 0.17), 0)).r;
    at.y += tile.x * bend;
    float veins = texture(patterns, vec3(at * vec2(0.09, 1), colour_a.w)).r;
    float fine = texture(patterns, vec3(at * vec2(0.17, 4.3), mod(colour_a.w + 6, 24))).r;
    float slow = texture(patterns, vec3(at * vec2(0.13, 0.21), mod(colour_a.w + 12, 24))).r;
    float share = 0.5 + (0.55 * veins + 0.3 * fine + 0.15 * slow - 0.5) * 2.2 * colour_c.w;
    return mix(colour_a.rgb, colour_b.rgb, clamp(share, 0, 1));
}
""",
    'print': """
uniform sampler2DArray prints;
vec3 albedo(vec2 at) {
    vec3 ink = texture(prints, vec3(at * colour_b.w, colour_a.w)).rgb;
    return mix(colour_a.rgb, ink, colour_c.w);
}
""",
    'tiles': """
vec3 albedo(vec2 at) {
    vec2 cell = at / tile.xy;
    cell.x += tile.w * mod(floor(cell.y), 2);
    vec2 index = floor(cell);
    vec2 edge = (0.5 - abs(fract(cell) - 0.5)) * tile.xy;
    vec2 pixel = fwidth(at) + 1e-6;
    vec2 inside = clamp((edge - 0.5 * tile.z) / pixel + 0.5, 0, 1);
    float blurred = clamp(2 * max(pixel.x / tile.x, pixel.y / tile.y) - 0.3, 0, 1);
    float chance = fract(sin(dot(index, vec2(12.9898, 78.233))) * 43758.547);
    float pick = mix(chance, mod(index.x + index.y, 2), checked.x);
    float grain = texture(patterns, vec3(at * colour_b.w, colour_a.w)).r - 0.5;
    vec3 colour = mix(colour_a.rgb, colour_b.rgb, mix(pick, 0.5, blurred));
    colour *= 1 + colour_c.w * grain;
    float joint = mix(inside.x * inside.y, 1 - tile.z / min(tile.x, tile.y), blurred);
    return tile.z > 0 ? mix(colour_c.rgb, colour, joint) : colour;
}
""",
}

_SHADE = """
uniform sampler2DShadow shadows;
#ifdef MIRROR
uniform sampler2D reflected;
#endif
#ifdef DOTS
uniform sampler2D dots;
#endif
in vec3 place;
in vec3 facing;
in vec2 texel;
out vec4 result;

float lit(vec3 normal, float slope) {
    vec3 above = place + normal * screen.z * (0.3 + 2 * (1 - slope));
    vec4 projected = shadow_projection * vec4(above, 1);
    vec3 at = projected.xyz / projected.w * 0.5 + 0.5;
    // How depth changes over the map: on a plane, each of the samples has its own.
    vec3 across = dFdx(at), down = dFdy(at);
    float area = across.x * down.y - across.y * down.x;
    vec2 incline = vec2(down.y * across.z - across.y * down.z,
                        across.x * down.z - down.x * across.z) / area;
    incline = abs(area) > 1e-12 ? clamp(incline, -4, 4) : vec2(0);
    vec2 soft = eye.w * vec2(1, 0.4);
    float sum = texture(shadows, at);
    sum += texture(shadows, at + vec3(soft, dot(incline, soft)));
    sum += texture(shadows, at - vec3(soft, dot(incline, soft)));
    soft = vec2(-soft.y, soft.x);
    sum += texture(shadows, at + vec3(soft, dot(incline, soft)));
    sum += texture(shadows, at - vec3(soft, dot(incline, soft)));
    bool outside = projected.w <= 0 || any(lessThan(at, vec3(0))) || any(greaterThan(at, vec3(1)));
    return outside ? 1.0 : sum * 0.2;
}

void main() {
    vec3 to_eye = eye.xyz - place;
    float far = length(to_eye);
    to_eye /= far;
    vec3 normal = normalize(facing);
    if (dot(normal, to_eye) < 0) normal = -normal;
    vec2 at = mat2(placing.x, placing.y, -placing.y, placing.x) * texel + placing.zw;
    vec3 base = albedo(at);
    vec3 to_light = light.xyz - place * light.w;
    float apart = dot(to_light, to_light);
    to_light *= inversesqrt(apart);
    float slope = max(dot(normal, to_light), 0);
    float bright = lit(normal, slope) / (1 + light_colour.w * apart);
    vec3 walls = min(place - room_low.xyz, room_high.xyz - place);
    vec3 corners = 1 - ambient_above.w * exp(-3.5 * max(walls, 0)) * (1 - abs(normal));
    vec3 ambient = mix(ambient_below.rgb, ambient_above.rgb, normal.y * 0.5 + 0.5);
    ambient *= corners.x * corners.y * corners.z;
    vec3 colour = base * (ambient + bright * slope * light_colour.rgb);
    float opacity = 1;
#ifdef DOTS
    vec4 thrown = projector * vec4(place, 1);
    float spot = texture(dots, thrown.xy / thrown.w).r * ambient_below.w;
    colour += base * spot * max(dot(normal, to_eye), 0) / (1 + 0.1 * far * far);
#endif
#ifdef SHINY
    float towards = dot(normal, to_eye);
    float fresnel = finish.z + (1 - finish.z) * pow(1 - towards, 5) * min(finish.z * 8, 1);
    vec3 halfway = normalize(to_light + to_eye);
    float highlight = finish.x * pow(max(dot(normal, halfway), 0), finish.y) * bright;
    opacity = mix(finish.w, 1, finish.w < 1 ? max(fresnel, pow(1 - towards, 3)) : 1);
#ifdef MIRROR
    vec3 seen = texture(reflected, gl_FragCoord.xy / screen.xy).rgb;
#else
    vec3 ray = reflect(-to_eye, normal);
    vec3 seen = sky(ray) * (0.35 + 0.4 * ray.y + texture(patterns, vec3(ray.xy * 0.4, 2)).r * 0.7);
    vec3 pane = abs(ray - window.xyz);
    seen += window.w * step(max(pane.x, max(pane.y, pane.z)), 0.22);
#endif
    colour = mix(colour * opacity, seen, fresnel) + highlight * light_colour.rgb;
#endif
    float haze = 1 - exp(-horizon.w * far);
    result = vec4(mix(colour, horizon.rgb * opacity, haze), opacity);
}
"""


def fragment(kind: str, shiny: bool, mirror: bool, dots: bool) -> str:
    """Return the fragment shader of a surface."""
    switches = {'SHINY': shiny or mirror, 'MIRROR': mirror, 'DOTS': dots}
    defines = ''.join(f'#define {name}\n' for name, on in switches.items() if on)
    return _BLOCKS + defines + _SKY + _ALBEDO[kind] + _SHADE
