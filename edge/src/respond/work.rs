//! One image, from the store's first byte to the encoder's last.

use std::io::{self, Write};

use edgepix_engine::{
    Accept, Because, Degraded, Dimensions, Encoded, Error, Fit, Flip, Header, Input, Limits,
    Metadata, Orientation, OutputFormat, Plan, Request, Rotate, SourceFormat, Target, Token, plan,
    probe_for, transform,
};

use super::{Image, Purpose, Question, Times, Validators};
use crate::{
    caching,
    clock::Clock,
    config::{Config, Etag, Hints, UnsaidFormat},
    dialect::{Format, Larger},
    hints,
    key::Key,
    policy::{self, Forbidden},
    record::Record,
    room::Room,
    status::Reason,
    store::{Facts, Get, Store},
};

/// All that making one image depends on.
pub(super) struct Work<'a> {
    pub(super) question: &'a Question<'a>,
    pub(super) originals: &'a dyn Store,
    pub(super) derivatives: &'a dyn Store,
    pub(super) config: &'a Config,
    pub(super) room: &'a Room,
    pub(super) times: Times,
    pub(super) clock: &'a dyn Clock,
}

/// What a result is for.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// To be answered, in so many bytes; the quality is lowered for that.
    AtMost(Option<u64>),
    /// To be fetched from below this prefix, where it is stored once.
    Below(&'a str),
}

/// How it ended.
pub(super) enum Ended {
    Made(Made),
    NotModified(Validators),
    Refused(String),
    Forbidden(Forbidden),
    /// It is stored already.
    There(Key),
    Not(Reason),
}

/// An image that was made.
pub(super) struct Made {
    pub(super) image: Image,
    /// Where it goes, if it is to be fetched from below a prefix.
    pub(super) overflow: Option<Key>,
}

impl<'a> Work<'a> {
    /// Where the result is stored under the very key that was asked for. Not where URLs are
    /// signed: a store gives it to whoever asks.
    pub(super) fn keeps_as(&self) -> Option<&'a Key> {
        let keeps = self.config.derivatives.keep && self.config.signing_keys.is_empty();
        match self.question.purpose {
            Purpose::Missing(key) if keeps => Some(key),
            Purpose::Missing(_) | Purpose::InPlace | Purpose::Alone => None,
        }
    }

    /// Makes the image.
    pub(super) fn run(&self, wanted: Wanted<'_>, record: &mut Record) -> Ended {
        match self.attempt(wanted, record) {
            Ok(ended) => ended,
            Err(error) => {
                record.note(&error.to_string());
                match Reason::from(&error) {
                    Reason::Request => Ended::Refused(error.to_string()),
                    reason => Ended::Not(reason),
                }
            }
        }
    }

    fn attempt(&self, wanted: Wanted<'_>, record: &mut Record) -> Result<Ended, Error> {
        let most = match wanted {
            Wanted::AtMost(Some(0)) => return Ok(Ended::Not(Reason::Size)),
            Wanted::AtMost(most) => most,
            Wanted::Below(_) => None,
        };
        let get = Get {
            deadline: self.times.working,
            if_match: None,
        };
        let mut object = match self.originals.open(&self.question.asked.source, &get) {
            Ok(object) => object,
            Err(error) => {
                record.note(&error.to_string());
                return Ok(Ended::Not(Reason::from(&error)));
            }
        };
        let facts = object.facts;
        record.source_bytes = Some(facts.bytes);
        let mut input = Input::new(&mut object.body).with_length(facts.bytes);
        let request = self.request(most);
        let hinted = self.hinted(&request);
        let most_held = most.unwrap_or(u64::MAX).min(self.room.result_bytes());
        let limits = self.limits(most_held);
        let header = probe_for(&hinted, &mut input, &limits)?;
        record.source_format = Some(header.format.name());
        record.source = Some(upright(&header, &request));
        let (request, planned) = self.plan(request, hinted, &header, &limits)?;
        if self.is_left_alone(&planned, &header) {
            return Ok(Ended::Not(Reason::Larger));
        }
        if let Err(forbidden) = policy::check_result(planned.output, &self.config.policy) {
            return Ok(Ended::Forbidden(forbidden));
        }
        let validators = self.validators(&facts, &request, &planned);
        let held = self.question.if_none_match;
        if self.config.caching.etag == Etag::Own
            && !is_late(&planned.degraded)
            && caching::is_held(held, validators.etag.as_deref())
        {
            return Ok(Ended::NotModified(validators));
        }
        let overflow = match wanted {
            Wanted::AtMost(_) => None,
            Wanted::Below(prefix) => self.overflow(prefix, &facts, &request, &planned),
        };
        if let Some(key) = &overflow
            && self.derivatives.facts(key, &get).is_ok()
        {
            return Ok(Ended::There(key.clone()));
        }
        let mut body = Bounded::new(most_held);
        let encoded = transform(&request, &limits, input, &mut body)?;
        record.speed = Some(encoded.speed);
        record.bytes = Some(encoded.bytes);
        record.stages = Some(encoded.stages);
        let ended = if encoded.is_source {
            Ended::Not(Reason::Kept)
        } else if would_grow(&request, &encoded, &facts) {
            Ended::Not(Reason::WouldGrow)
        } else {
            let asked = self.question.asked.request.max_bytes;
            let is_ours = request.max_bytes != asked;
            Ended::Made(Made {
                image: self.image(&encoded, body.bytes, validators, is_ours),
                overflow,
            })
        };
        record.plan = Some(Box::new(encoded.plan));
        Ok(ended)
    }

    /// What the engine is asked for.
    fn request(&self, most: Option<u64>) -> Request {
        let asked = self.question.asked;
        let mut request = asked.request.clone();
        let quality = self.question.hints.quality(&self.hints());
        request.quality = request.quality.or(quality);
        request.format = self.target();
        request.quality = request.quality.or(Some(self.config.quality));
        if self.config.keep_copyright {
            request.metadata = Metadata::Copyright;
        }
        request.overlay.clone_from(&self.config.overlay);
        request.max_bytes = [request.max_bytes, most].into_iter().flatten().min();
        request
    }

    /// The request with the size that the client's hints say.
    fn hinted(&self, request: &Request) -> Request {
        let mut hinted = request.clone();
        self.question.hints.fill(&mut hinted, &self.hints());
        hinted
    }

    /// Plans what is `hinted` if it is allowed and can be made, else what is asked.
    fn plan(
        &self,
        mut request: Request,
        mut hinted: Request,
        header: &Header,
        limits: &Limits,
    ) -> Result<(Request, Plan), Error> {
        let is_hinted = hinted != request;
        for request in [&mut hinted, &mut request] {
            if self.is_unscaled(header, request) {
                unscale(request);
            }
        }
        if is_hinted
            && let Ok(planned) = plan(&hinted, header, limits)
            && hints::may_lead_to(planned.output, &self.config.policy)
        {
            return Ok((hinted, planned));
        }
        let planned = plan(&request, header, limits)?;
        Ok((request, planned))
    }

    /// The format, by the URL, the configuration and the client.
    ///
    /// The client has no say in what is stored under the viewer's own key, unless the key
    /// says it: the first visitor's AVIF would be everyone's.
    fn target(&self) -> Target {
        let format = match (self.question.asked.format, self.config.format) {
            (Format::Unsaid, UnsaidFormat::Original) => Format::Original,
            (Format::Unsaid, UnsaidFormat::Auto) => Format::Auto,
            (said, _) => said,
        };
        match format {
            Format::Is(format) => Target::Format(format),
            Format::Auto if self.may_choose() => Target::Auto(self.accept()),
            Format::Auto | Format::Original | Format::Unsaid => Target::Keep,
        }
    }

    fn may_choose(&self) -> bool {
        self.question.key_says_accept || self.keeps_as().is_none()
    }

    /// What a client's hints may change: nothing of what is stored for everyone.
    fn hints(&self) -> Hints {
        match self.keeps_as() {
            Some(_) => Hints::default(),
            None => self.config.hints,
        }
    }

    /// What the client shows.
    fn accept(&self) -> Accept {
        match self.question.token {
            // Every browser that shows AVIF shows WebP, which is better for drawings.
            Some(Token::Avif) => Accept::parse("image/avif,image/webp"),
            Some(Token::Webp) => Accept::parse("image/webp"),
            Some(_) => Accept::ANYTHING,
            None => self.question.accept.map_or(Accept::ANYTHING, Accept::parse),
        }
    }

    /// What the engine may use beside a result of `most_held` bytes, which is held twice
    /// for as long as its buffer grows.
    fn limits(&self, most_held: u64) -> Limits {
        let config = &self.config.limits;
        let defaults = Limits::default();
        let now = self.clock.now();
        let left = self
            .times
            .working
            .map(|end| end.saturating_duration_since(now));
        // These files stay in memory as long as we run.
        let overlay = self.config.overlay.as_ref();
        let overlay_bytes = overlay.map_or(0, |overlay| overlay.image.len() as u64);
        let fallback = self.config.fallback.as_ref();
        let fallback_bytes = fallback.map_or(0, |fallback| fallback.image.len() as u64);
        let held = 2 * most_held + overlay_bytes + fallback_bytes;
        let memory = self.room.memory_bytes.saturating_sub(held);
        Limits {
            peak_bytes: config.memory_bytes.map_or(memory, |most| most.min(memory)),
            source_pixels: config.source_pixels.unwrap_or(defaults.source_pixels),
            deadline: left,
            cpu_share: self.room.cpu_share,
            speed: self.room.speed,
            ..defaults
        }
    }

    /// Whether the result would pass the size above which nothing is scaled. Before it is
    /// planned: what is too large to be planned is not scaled either.
    fn is_unscaled(&self, header: &Header, request: &Request) -> bool {
        let beyond = self.question.asked.unscaled_from;
        beyond.is_some_and(|beyond| {
            let (width, height) = scaled(request, upright(header, request));
            beyond.is_passed_by(width, height)
        })
    }

    /// Where a result goes that is to be fetched from below `prefix`: another result of the
    /// same URL, of another original or another configuration, has another place.
    fn overflow(&self, prefix: &str, facts: &Facts, request: &Request, plan: &Plan) -> Option<Key> {
        let asked = self.question.asked;
        let identity = caching::identity(facts, asked.identity(), request, plan);
        let extension = plan.format.extension();
        Key::new(format!("{prefix}{}/{identity}.{extension}", asked.source)).ok()
    }

    /// Whether the URL says to leave this original alone.
    fn is_left_alone(&self, plan: &Plan, header: &Header) -> bool {
        let source = upright(header, &self.question.asked.request);
        self.question.asked.larger == Larger::Original
            && (plan.output.width > source.width || plan.output.height > source.height)
    }

    /// What caches will know the result by, if it becomes what was planned.
    fn validators(&self, facts: &Facts, request: &Request, plan: &Plan) -> Validators {
        let caching = &self.config.caching;
        let question = self.question.asked.identity();
        Validators {
            etag: caching::etag(caching, facts, question, request, plan),
            last_modified: facts.last_modified,
            cache_control: if self.keeps_as().is_some() {
                self.config.derivatives.cache_control.clone()
            } else {
                caching::cache_control(caching, facts.cache_control.as_deref()).to_owned()
            },
            varies: plan.choice.is_some(),
            hints: self.hints(),
        }
    }

    /// The image with its headers: those of what it became, which may be less than
    /// was planned. `is_ours` says whether the bytes it may have are our limit, or what the
    /// URL asks for.
    fn image(
        &self,
        encoded: &Encoded,
        body: Vec<u8>,
        mut validators: Validators,
        is_ours: bool,
    ) -> Image {
        let degraded = encoded.degraded();
        let is_degraded = degraded
            .iter()
            .any(|lost| is_ours || lost.because != Because::Bytes);
        if is_degraded {
            let caching = &self.config.caching;
            validators.cache_control = caching::briefly(caching, &validators.cache_control);
        }
        let is_smaller = is_ours && degraded.iter().any(|lost| lost.because == Because::Bytes);
        if is_late(degraded) || (is_smaller && self.config.caching.etag == Etag::Own) {
            // With the original's ETag the store would call it fresh for ever; and its own
            // is that of a result which had room.
            validators.etag = None;
            validators.last_modified = None;
        }
        Image {
            body: body.into(),
            format: encoded.plan.format,
            validators,
            degraded: is_degraded,
            server_timing: None,
        }
    }
}

/// Whether the next try may well be better.
fn is_late(degraded: &[Degraded]) -> bool {
    degraded.iter().any(|lost| lost.because == Because::Time)
}

/// A result that is refused once it has more than so many bytes.
struct Bounded {
    bytes: Vec<u8>,
    most: u64,
}

impl Bounded {
    fn new(most: u64) -> Self {
        Self {
            bytes: Vec::new(),
            most,
        }
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + bytes.len()) as u64 > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes
            .try_reserve(bytes.len())
            .map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The original's size as people see it.
fn upright(header: &Header, request: &Request) -> Dimensions {
    let Dimensions { width, height } = header.dimensions;
    if request.orientation == Orientation::Exif && header.orientation.transpose {
        Dimensions {
            width: height,
            height: width,
        }
    } else {
        header.dimensions
    }
}

/// The size that a request without a crop or a turn comes to, before it is rounded.
fn scaled(request: &Request, source: Dimensions) -> (f64, f64) {
    let factor = request.percent / 100.0;
    let (source_width, source_height) = (f64::from(source.width), f64::from(source.height));
    let width = request
        .width
        .map(|width| f64::from(width) * factor * request.dpr);
    let height = request
        .height
        .map(|height| f64::from(height) * factor * request.dpr);
    let scale = match (width, height) {
        (None, None) => factor,
        (Some(width), None) => width / source_width,
        (None, Some(height)) => height / source_height,
        (Some(width), Some(height)) => match request.fit {
            Fit::Inside => (width / source_width).min(height / source_height),
            Fit::Outside => (width / source_width).max(height / source_height),
            Fit::Fill | Fit::Cover | Fit::Contain => return (width, height),
        },
    };
    (source_width * scale, source_height * scale)
}

/// Takes the size out of what is asked.
fn unscale(request: &mut Request) {
    request.width = None;
    request.height = None;
    request.percent = 100.0;
    request.dpr = 1.0;
}

/// Whether the result is worse than its original in every way: in the same format, of the
/// same size, in more bytes, and showing nothing else. What is larger, or of another shape,
/// is what was asked for.
fn would_grow(request: &Request, encoded: &Encoded, facts: &Facts) -> bool {
    let plan = &encoded.plan;
    let shows_the_same = request.overlay.is_none()
        && request.crop.is_none()
        && request.rotate == Rotate::None
        && request.flip == Flip::None
        && request.orientation == Orientation::Exif
        && plan.padding.is_none();
    shows_the_same
        && same_format(plan.format, plan.source.format)
        && plan.output == upright(&plan.source, request)
        && encoded.bytes > facts.bytes
}

fn same_format(made: OutputFormat, source: SourceFormat) -> bool {
    matches!(
        (made, source),
        (OutputFormat::Jpeg, SourceFormat::Jpeg)
            | (OutputFormat::Png, SourceFormat::Png)
            | (OutputFormat::Webp, SourceFormat::Webp)
            | (OutputFormat::Avif, SourceFormat::Avif)
            | (OutputFormat::Gif, SourceFormat::Gif)
    )
}
