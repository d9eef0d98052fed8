//! Where the rows of a set are: each trace's in a chain of pieces, pieces in large blocks.
//!
//! Rows are never moved when a trace grows, and a set that takes in another keeps its bytes as they came.

use crate::error::{Error, Result};

/// The first block of a set, and how large blocks get.
const SMALLEST_BLOCK: usize = 1 << 10;
const LARGEST_BLOCK: usize = 1 << 20;
/// The smallest piece, and how large pieces get where no single row needs more.
const SMALLEST_PIECE: usize = 16;
const LARGEST_PIECE: usize = 1 << 16;
/// What a piece takes beside its bytes.
pub(super) const PIECE_BYTES: usize = size_of::<Piece>();
/// No piece comes after.
const END: u32 = u32::MAX;

/// Rows of one trace that lie together.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Its block and the offset in it, 32 bits each.
    start: u64,
    length: u32,
    next: u32,
}

#[derive(Debug, Clone)]
struct Block {
    bytes: Vec<u8>,
    /// Whose numbers its rows' labels have: ours (0) or those of this part, counted from one.
    part: u32,
}

/// The blocks and pieces of all traces of a set.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    blocks: Vec<Block>,
    pieces: Vec<Piece>,
    /// For each part taken in, our number of each of its labels.
    parts: Vec<Box<[u32]>>,
    /// The block that pieces are cut from, and where its free rest starts.
    open: usize,
    free: usize,
    /// Bytes of our own rows, for the size of pieces.
    written: u64,
}

/// Where a trace's rows are, and where the next one goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain {
    first: u32,
    last: u32,
    /// Where the next row of ours is written, and the room there.
    write: u64,
    room: u32,
    /// About how many bytes its rows have.
    size: u32,
    /// The piece that is written to.
    open: u32,
}

impl Default for Chain {
    fn default() -> Self {
        Chain { first: END, last: END, write: 0, room: 0, size: 0, open: END }
    }
}

fn place(block: usize, offset: usize) -> u64 {
    (block as u64) << 32 | offset as u64
}

fn overflow() -> Error {
    Error::Overflow { what: "the number of events of a trace" }
}

impl Store {
    /// Room for a row of `size` bytes at the end of a chain. Gives the bytes newly allocated.
    #[inline]
    pub fn reserve(&mut self, chain: &mut Chain, size: usize, traces: usize) -> Result<usize> {
        if size <= chain.room as usize { Ok(0) } else { self.extend(chain, size, traces) }
    }

    #[cold]
    fn extend(&mut self, chain: &mut Chain, size: usize, traces: usize) -> Result<usize> {
        self.close(chain);
        // A trace's first piece is as long as traces were so far, the next half of what it has.
        let usual = if chain.open == END { self.written as usize / traces.max(1) } else { chain.size as usize / 2 };
        let length = usual.clamp(SMALLEST_PIECE, LARGEST_PIECE).max(size);
        let room = u32::try_from(length).map_err(|_| overflow())?;
        let mut grown = PIECE_BYTES;
        // The first block may be a part's, which is not ours to write to.
        let ours = self.blocks.get(self.open).filter(|block| block.part == 0);
        let left = ours.map_or(0, |block| block.bytes.len() - self.free);
        if left < length {
            let bytes = (SMALLEST_BLOCK << self.blocks.len().min(10)).min(LARGEST_BLOCK).max(length);
            self.open = self.blocks.len();
            self.free = 0;
            self.blocks.push(Block { bytes: vec![0; bytes], part: 0 });
            grown += bytes;
        }
        chain.write = place(self.open, self.free);
        chain.room = room;
        self.free += length;
        chain.open = self.link(chain, Piece { start: chain.write, length: 0, next: END })?;
        Ok(grown)
    }

    fn link(&mut self, chain: &mut Chain, piece: Piece) -> Result<u32> {
        let at = u32::try_from(self.pieces.len()).ok().filter(|&at| at != END).ok_or_else(overflow)?;
        self.pieces.push(piece);
        match self.pieces.get_mut(chain.last as usize) {
            Some(last) => last.next = at,
            None => chain.first = at,
        }
        chain.last = at;
        Ok(at)
    }

    /// Writes down how far the piece that is written to goes.
    fn close(&mut self, chain: &Chain) {
        if let Some(piece) = self.pieces.get_mut(chain.open as usize) {
            piece.length = (chain.write - piece.start) as u32;
        }
    }

    /// Where the next row goes, after [`Store::reserve`] gave room for it.
    #[inline]
    pub fn room(&mut self, chain: &mut Chain, size: usize) -> &mut [u8] {
        let (block, offset) = ((chain.write >> 32) as usize, chain.write as u32 as usize);
        chain.write += size as u64;
        chain.room -= size as u32;
        chain.size = chain.size.saturating_add(size as u32);
        self.written += size as u64;
        &mut self.blocks[block].bytes[offset..offset + size]
    }

    /// Keeps the bytes of a part, whose labels have these numbers here. Gives the block.
    pub fn keep(&mut self, bytes: &[u8], labels: Box<[u32]>) -> Result<usize> {
        u32::try_from(bytes.len()).map_err(|_| Error::Overflow { what: "the size of a part" })?;
        self.parts.push(labels);
        self.blocks.push(Block { bytes: bytes.to_vec(), part: self.parts.len() as u32 });
        Ok(self.blocks.len() - 1)
    }

    /// Continues a chain with rows in a kept block.
    pub fn append(&mut self, chain: &mut Chain, block: usize, offset: usize, length: usize) -> Result<()> {
        let length = u32::try_from(length).map_err(|_| overflow())?;
        chain.size = chain.size.saturating_add(length);
        self.link(chain, Piece { start: place(block, offset), length, next: END })?;
        Ok(())
    }

    /// The bytes of a chain's rows, piece by piece, each with its part's labels; `None`: ours.
    pub fn pieces<'a>(&'a self, chain: &Chain) -> impl Iterator<Item = (&'a [u8], Option<&'a [u32]>)> + use<'a> {
        let (mut next, open, write) = (chain.first, chain.open, chain.write);
        std::iter::from_fn(move || {
            let piece = self.pieces.get(next as usize)?;
            let length = if next == open { write - piece.start } else { piece.length.into() };
            next = piece.next;
            let block = &self.blocks[(piece.start >> 32) as usize];
            let bytes = &block.bytes[piece.start as u32 as usize..][..length as usize];
            Some((bytes, (block.part > 0).then(|| &*self.parts[block.part as usize - 1])))
        })
    }
}

impl Chain {
    /// About how many bytes its rows have.
    pub fn size(&self) -> usize {
        self.size as usize
    }
}
