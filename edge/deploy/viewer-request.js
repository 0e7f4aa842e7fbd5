// edgepix: the CloudFront Function for viewer requests (runtime cloudfront-js-2.0).
// edge/docs/viewer-request.md says what it does. Only the settings are for you to edit.
const settings = {
    // As `dialects` of edgepix.toml.
    dialects: ['query', 'native', 'at', 'path', 'variant'],
    // Whether Accept has a say: without, format=auto is what every client shows.
    auto: true,
    // Whether `format` of edgepix.toml is auto.
    unsaid: false,
    // Whether questions become keys of a derivatives bucket; not with `signed` or hints.
    stored: false,
    // Whether edgepix.toml has `signing.keys`.
    signed: false,
    // As `hints` of edgepix.toml.
    hints: {dpr: false, width: false, saveData: false}
};

const LETTERS = ['f', 'format', 'h', 'q', 'quality', 'w'];
const WORDS = [
    'background', 'chroma', 'crop', 'damage', 'decode', 'dpr', 'effort', 'enlarge', 'filter', 'fit',
    'flip', 'focus', 'format', 'height', 'lossless', 'max_bytes', 'metadata', 'native_quality',
    'orientation', 'percent', 'preset', 'progressive', 'quality', 'rotate', 'width'
];
// Where a zero at the start says nothing.
const NUMBERS = ['h', 'height', 'q', 'quality', 'w', 'width'];
const DPRS = ['1', '1.5', '2', '3'];
const WIDTHS = ['160', '320', '480', '640', '800', '960', '1280', '1600', '1920', '2560', '3840'];
// Characters and parameters; what has more is nobody's question.
const LONGEST_QUERY = 2048;
const MOST_PARAMETERS = 50;
const LONGEST_ACCEPT = 512;
// Bytes of an S3 key.
const LONGEST_KEY = 1024;
const RANGE = /^[ \t]*([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)(?:[ \t]*;[ \t;]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?[ \t;]*$/i;

function handler(event) {
    const request = event.request;
    const headers = request.headers;
    const hints = settings.hints;
    const query = rawQuery(request);
    // The signature is of what was sent.
    const isSigned = settings.signed && /(^|&)sig=/.test(query);
    const question = read(query, isSigned);
    const token = question.negotiable && settings.auto ? acceptToken(headerValue(headers, 'accept')) : 'none';
    request.querystring = question.text;
    request.uri = isSigned ? request.uri : plain(request.uri);
    // Whatever the viewer said it is.
    headers['x-edgepix-accept'] = {value: token};
    if (hints.dpr) {
        // One is what is unsaid.
        replaceHint(headers, 'sec-ch-dpr', (value) => upTo(DPRS, /^[0-9]{1,2}(\.[0-9]{1,3})?$/, value).replace(/^1$/, ''));
    }
    if (hints.width) {
        replaceHint(headers, 'sec-ch-width', (value) => upTo(WIDTHS, /^[0-9]{1,5}$/, value));
    }
    if (hints.saveData) {
        replaceHint(headers, 'save-data', (value) => /^on$/i.test(value) ? 'on' : '');
    }
    if (settings.stored && !settings.signed && !hints.dpr && !hints.width && !hints.saveData) {
        store(request, question, token);
    }
    if (!settings.auto) {
        delete headers['x-edgepix-accept'];
    }
    return request;
}

// The query as it was sent. TestFunction knows it by its parts alone.
function rawQuery(request) {
    const raw = request.rawQueryString ? request.rawQueryString() : '';
    if (raw) {
        return raw;
    }
    const parts = request.querystring;
    return Object.keys(parts).map((name) => {
        const values = parts[name].multiValue || [parts[name]];
        return values.map((one) => name + '=' + one.value).join('&');
    }).join('&');
}

// What a query asks: its one spelling; whether Accept has a say; whether it can be a key.
function read(query, isSigned) {
    const nothing = settings.unsaid && ['at', 'path', 'variant'].some(speaks);
    const pieces = query.split('&');
    const isLong = query.length > LONGEST_QUERY || pieces.length > MOST_PARAMETERS;
    if (query === '' || isLong) {
        return {text: isSigned ? query : '', negotiable: nothing, storable: false};
    }
    const pairs = pieces.filter((raw) => raw !== '').map(pairOf);
    const names = pairs.map((pair) => pair.name);
    const has = (name) => names.includes(name);
    const sized = has('w') || has('h');
    const letters = speaks('query')
        && (sized || ((has('f') || has('q')) && !['width', 'height', 'preset'].some(has)));
    const known = letters ? (sized ? LETTERS : []) : speaks('native') ? WORDS : [];
    const asked = names.some((name) => known.includes(name));
    // A name that cannot be read makes the question malformed, and must go on doing so.
    const kept = pairs.filter((pair) => asked && (pair.name === null || known.includes(pair.name)));
    const formats = kept.filter((pair) => pair.name === 'format' || pair.name === 'f');
    const spelled = isSigned ? pieces : kept.map((pair) => written(pair, letters));
    return {
        text: spelled.sort().join('&'),
        negotiable: !asked ? nothing
            : formats.length === 0 ? settings.unsaid || kept.some((pair) => pair.name === 'preset')
            : formats.some((pair) => pair.value === 'auto'),
        storable: asked && kept.every((pair) => pair.name !== null && pair.value !== null)
    };
}

function speaks(dialect) {
    return settings.dialects.includes(dialect);
}

// A parameter: its name and its value as every dialect reads them, null if they are not UTF-8.
function pairOf(raw) {
    const at = raw.indexOf('=');
    const sent = at < 0 ? raw : raw.slice(0, at);
    const value = at < 0 ? '' : raw.slice(at + 1);
    const name = decoded(sent);
    return {
        raw: sent + '=' + value,
        sent: value,
        name: name === null ? null : name.replace(/-/g, '_'),
        value: decoded(value)
    };
}

// Form-decoded, in lower case.
function decoded(text) {
    if (/^[a-z0-9_.,-]*$/.test(text)) {
        return text;
    }
    const escaped = text.replace(/\+/g, ' ').replace(/%(?![0-9A-Fa-f]{2})/g, '%25');
    try {
        // Of ASCII alone: there are other letters whose lower case is ASCII.
        return decodeURIComponent(escaped).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    } catch (error) {
        return null;
    }
}

// A parameter as all write it who ask the same.
function written(pair, letters) {
    if (pair.name === null) {
        return pair.raw;
    }
    const name = letters ? pair.name[0] : pair.name;
    if (pair.value === null) {
        return name + '=' + pair.sent;
    }
    const value = NUMBERS.includes(pair.name) ? pair.value.replace(/^0+(?=[0-9]+$)/, '') : pair.value;
    return name + '=' + encodeURIComponent(value)
        .replace(/[!'()*]/g, (mark) => '%' + ['21', '27', '28', '29', '2A']["!'()*".indexOf(mark)])
        .replace(/%2C/g, ',');
}

// A path without escapes of what is unreserved (RFC 3986, 2.3), the others in upper case. Dots
// keep theirs, and so does what would mend a broken escape.
function plain(path) {
    return path.length > 3 * LONGEST_KEY ? path : path.replace(/(%[0-9a-f]{2})+/gi, (all) => all.toUpperCase()).replace(
        /(%[0-9a-f]?)?%(3[0-9]|[46][1-9A-F]|[57][0-9A]|2D|5F|7E)/gi,
        (text, broken) => broken ? text : decodeURIComponent(text)
    );
}

// Moves the question into the path.
function store(request, question, token) {
    const uri = request.uri;
    const last = uri.slice(uri.lastIndexOf('/') + 1);
    const accept = question.negotiable ? '&accept=' + token : '';
    // Without a percent sign it is the same in a path and in a key.
    const folded = uri + '/~' + question.text.replace(/%/g, '!') + accept;
    const isKey = last[0] === '~';
    const fits = last !== '' && /^[!-~]+$/.test(uri) && folded.length <= LONGEST_KEY;
    if (isKey || (question.storable && fits)) {
        request.uri = isKey ? uri : folded;
        request.querystring = '';
        request.headers['x-edgepix-accept'] = {value: 'none'};
    }
}

// All lines of a header.
function headerValue(headers, name) {
    const header = headers[name];
    return header ? (header.multiValue || [header]).map((one) => one.value).join(',') : '';
}

function replaceHint(headers, name, folded) {
    if (headers[name]) {
        const value = folded(headerValue(headers, name));
        if (value) {
            headers[name] = {value: value};
        } else {
            delete headers[name];
        }
    }
}

// The first step that is no less than a number, else the last; nothing if it is none.
function upTo(steps, grammar, value) {
    const number = grammar.test(value) ? Number(value) : 0;
    if (number <= 0) {
        return '';
    }
    return steps.find((step) => Number(step) >= number) || steps[steps.length - 1];
}

// The best format that an Accept header names: avif, webp or none (RFC 9110, 12.5.1). It is
// wanted no less than JPEG, which is what there is instead.
function acceptToken(accept) {
    if (accept.length > LONGEST_ACCEPT) {
        return 'none';
    }
    let avif = 0;
    let webp = 0;
    // By */*, by image/* and by name, in thousandths; the last that was said counts.
    const jpeg = [-1, -1, -1];
    // Commas in quotes end nothing, and an open quote hides what follows.
    (accept.match(/(?:[^,"]|"(?:[^"\\]|\\[\s\S]?)*"?)+/g) || []).forEach((text) => {
        // One with parameters besides q means only types that have them, and ours have none.
        const range = RANGE.exec(text);
        if (range === null) {
            return;
        }
        const type = range[1].toLowerCase();
        const quality = range[2] ? Math.round(Number(range[2]) * 1000) : 1000;
        const kind = ['*/*', 'image/*', 'image/jpeg'].indexOf(type);
        if (kind >= 0) {
            jpeg[kind] = Math.max(jpeg[kind], quality);
        } else if (type === 'image/avif') {
            avif = Math.max(avif, quality);
        } else if (type === 'image/webp') {
            webp = Math.max(webp, quality);
        }
    });
    const said = jpeg.filter((quality) => quality >= 0);
    const least = Math.max(1, said.length > 0 ? said[said.length - 1] : 0);
    if (avif >= least && avif >= webp) {
        return 'avif';
    }
    return webp >= least ? 'webp' : 'none';
}
